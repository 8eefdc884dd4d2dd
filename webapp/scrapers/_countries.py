"""ISO 3166-1 alpha-2 codes of countries that a structured field names, by code or by English name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from webapp.scrapers._fields import line

# Code and the names in use for it, the one most used first.
_NAMES = """
AD Andorra;AE United Arab Emirates,UAE;AF Afghanistan;AG Antigua and Barbuda;AI Anguilla;AL Albania;AM Armenia
AO Angola;AQ Antarctica;AR Argentina;AS American Samoa;AT Austria;AU Australia;AW Aruba;AX Aland Islands
AZ Azerbaijan;BA Bosnia and Herzegovina,Bosnia;BB Barbados;BD Bangladesh;BE Belgium;BF Burkina Faso;BG Bulgaria
BH Bahrain;BI Burundi;BJ Benin;BL Saint Barthelemy;BM Bermuda;BN Brunei,Brunei Darussalam;BO Bolivia
BQ Caribbean Netherlands;BR Brazil,Brasil;BS Bahamas,The Bahamas;BT Bhutan;BV Bouvet Island;BW Botswana
BY Belarus;BZ Belize;CA Canada;CC Cocos Islands;CD Democratic Republic of the Congo,DR Congo,Congo-Kinshasa
CF Central African Republic;CG Republic of the Congo,Congo;CH Switzerland,Schweiz,Suisse;CI Ivory Coast,Cote d'Ivoire
CK Cook Islands;CL Chile;CM Cameroon;CN China,People's Republic of China,PRC,Mainland China;CO Colombia
CR Costa Rica;CU Cuba;CV Cape Verde,Cabo Verde;CW Curacao;CX Christmas Island;CY Cyprus
CZ Czech Republic,Czechia;DE Germany,Deutschland;DJ Djibouti;DK Denmark,Danmark;DM Dominica
DO Dominican Republic;DZ Algeria;EC Ecuador;EE Estonia;EG Egypt;EH Western Sahara;ER Eritrea;ES Spain,Espana
ET Ethiopia;FI Finland;FJ Fiji;FK Falkland Islands;FM Micronesia;FO Faroe Islands;FR France;GA Gabon
GB United Kingdom,UK,Great Britain,Britain,England,Scotland,Wales,Northern Ireland
GB United Kingdom of Great Britain and Northern Ireland
GD Grenada;GF French Guiana;GG Guernsey;GH Ghana;GI Gibraltar;GL Greenland;GM Gambia,The Gambia;GN Guinea
GP Guadeloupe;GQ Equatorial Guinea;GR Greece;GS South Georgia and the South Sandwich Islands;GT Guatemala;GU Guam
GW Guinea-Bissau;GY Guyana;HK Hong Kong,Hong Kong SAR,Hong Kong SAR China;HM Heard Island and McDonald Islands
HN Honduras;HR Croatia;HT Haiti;HU Hungary;ID Indonesia;IE Ireland,Republic of Ireland;IL Israel;IM Isle of Man
IN India;IO British Indian Ocean Territory;IQ Iraq;IR Iran,Islamic Republic of Iran;IS Iceland;IT Italy,Italia
JE Jersey;JM Jamaica;JO Jordan;JP Japan;KE Kenya;KG Kyrgyzstan;KH Cambodia;KI Kiribati;KM Comoros
KN Saint Kitts and Nevis;KP North Korea,Democratic People's Republic of Korea
KR South Korea,Korea,Republic of Korea,Korea Republic of;KW Kuwait;KY Cayman Islands;KZ Kazakhstan
LA Laos,Lao People's Democratic Republic;LB Lebanon;LC Saint Lucia;LI Liechtenstein;LK Sri Lanka;LR Liberia
LS Lesotho;LT Lithuania;LU Luxembourg;LV Latvia;LY Libya;MA Morocco;MC Monaco;MD Moldova,Republic of Moldova
ME Montenegro;MF Saint Martin;MG Madagascar;MH Marshall Islands;MK North Macedonia,Macedonia;ML Mali
MM Myanmar,Burma;MN Mongolia;MO Macau,Macao,Macao SAR;MP Northern Mariana Islands;MQ Martinique;MR Mauritania
MS Montserrat;MT Malta;MU Mauritius;MV Maldives;MW Malawi;MX Mexico;MY Malaysia;MZ Mozambique;NA Namibia
NC New Caledonia;NE Niger;NF Norfolk Island;NG Nigeria;NI Nicaragua;NL Netherlands,The Netherlands,Holland,Nederland
NO Norway,Norge;NP Nepal;NR Nauru;NU Niue;NZ New Zealand;OM Oman;PA Panama;PE Peru;PF French Polynesia
PG Papua New Guinea;PH Philippines,The Philippines;PK Pakistan;PL Poland,Polska;PM Saint Pierre and Miquelon
PN Pitcairn;PR Puerto Rico;PS Palestine,Palestinian Territories,State of Palestine;PT Portugal;PW Palau
PY Paraguay;QA Qatar;RE Reunion;RO Romania;RS Serbia;RU Russia,Russian Federation;RW Rwanda;SA Saudi Arabia,KSA
SB Solomon Islands;SC Seychelles;SD Sudan;SE Sweden,Sverige;SG Singapore;SH Saint Helena;SI Slovenia
SJ Svalbard and Jan Mayen;SK Slovakia,Slovak Republic;SL Sierra Leone;SM San Marino;SN Senegal;SO Somalia
SR Suriname;SS South Sudan;ST Sao Tome and Principe;SV El Salvador;SX Sint Maarten;SY Syria,Syrian Arab Republic
SZ Eswatini,Swaziland;TC Turks and Caicos Islands;TD Chad;TF French Southern Territories;TG Togo;TH Thailand
TJ Tajikistan;TK Tokelau;TL Timor-Leste,East Timor;TM Turkmenistan;TN Tunisia;TO Tonga;TR Turkey,Turkiye
TT Trinidad and Tobago;TV Tuvalu;TW Taiwan,Taiwan Province of China;TZ Tanzania,United Republic of Tanzania
UA Ukraine;UG Uganda;UM United States Minor Outlying Islands
US United States,United States of America,USA,U.S.A.,U.S.,The United States;UY Uruguay;UZ Uzbekistan
VA Vatican City,Holy See;VC Saint Vincent and the Grenadines;VE Venezuela;VG British Virgin Islands
VI U.S. Virgin Islands,US Virgin Islands;VN Vietnam,Viet Nam;VU Vanuatu;WF Wallis and Futuna;WS Samoa;YE Yemen
YT Mayotte;ZA South Africa;ZM Zambia;ZW Zimbabwe
"""


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return re.sub(r"[^a-z]", "", "".join(c for c in decomposed if not unicodedata.combining(c)))


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for entry in filter(None, re.split(r"[;\n]", _NAMES)):
        code, _, names = entry.partition(" ")
        for name in (code, *names.split(",")):
            table[_folded(name)] = code
    return table


_CODES = _table()


def country_code(value: object) -> str:
    """The code of the country that a field made for countries names; "" if it names none.

    Only for structured fields: a state's "CA" in free text is no Canada.
    """
    return _CODES.get(_folded(line(value, 120)), "")


def country_codes(*values: object) -> tuple[str, ...]:
    """The codes of all countries that `values` name, each once, in order."""
    return tuple(dict.fromkeys(filter(None, map(country_code, values))))


def countries_of_places(places: Iterable[str]) -> tuple[str, ...]:
    """The codes of the countries of places that a source writes "city, region, country".

    Of two parts the last may be a region: "Atlanta, Georgia" is in no country that it names.
    """
    split = (place.split(",") for place in places)
    return country_codes(*(parts[-1] for parts in split if len(parts) > 2))


def _first_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for entry in filter(None, re.split(r"[;\n]", _NAMES)):
        code, _, rest = entry.partition(" ")
        names.setdefault(code, rest.partition(",")[0])
    return names


_FIRST_NAMES = _first_names()


def country_name(value: object) -> str:
    """The usual English name of the country that a structured field names by code or name; else its own words."""
    return _FIRST_NAMES.get(country_code(value), "") or line(value, 120)
