"""The invented employers of the sample world, at least one on each ATS. Whoever adds one here adds it everywhere."""

from __future__ import annotations

from webapp.sample.shapes import Pay, Place, SampleCompany, Special

TEL_AVIV = Place("Tel Aviv-Yafo, Israel", "Tel Aviv-Yafo", "IL", "Israel")
HAIFA = Place("Haifa, Israel", "Haifa", "IL", "Israel")
JERUSALEM = Place("Jerusalem, Israel", "Jerusalem", "IL", "Israel")
BEER_SHEVA = Place("Be'er Sheva, Israel", "Be'er Sheva", "IL", "Israel")
HERZLIYA = Place("Herzliya, Israel", "Herzliya", "IL", "Israel")
LONDON = Place("London, United Kingdom", "London", "GB", "United Kingdom")
EDINBURGH = Place("Edinburgh, United Kingdom", "Edinburgh", "GB", "United Kingdom")
BERLIN = Place("Berlin, Germany", "Berlin", "DE", "Germany")
OSLO = Place("Oslo, Norway", "Oslo", "NO", "Norway")
LISBON = Place("Lisbon, Portugal", "Lisbon", "PT", "Portugal")
SAO_PAULO = Place("São Paulo, Brazil", "São Paulo", "BR", "Brazil")
AUSTIN = Place("Austin, Texas, United States", "Austin", "US", "United States of America")
DENVER = Place("Denver, Colorado, United States", "Denver", "US", "United States of America")
BOSTON = Place("Boston, Massachusetts, United States", "Boston", "US", "United States of America")
TORONTO = Place("Toronto, Ontario, Canada", "Toronto", "CA", "Canada")
KRAKOW = Place("Kraków, Poland", "Kraków", "PL", "Poland")
REMOTE_EUROPE = Place("Remote – Europe", "Remote")
REMOTE_US = Place("Remote, United States", "Remote", "US", "United States of America")
REMOTE = Place("Remote", "Remote")

_PERKS = (
    "Thirty days of holiday, and nobody counts sick days",
    "A budget for learning that renews itself every year",
    "Equipment of your choice, repaired rather than replaced",
    "Parental leave of twenty weeks for every parent",
)

COMPANIES: tuple[SampleCompany, ...] = (
    SampleCompany(
        slug="northcliff", name="Northcliff", ats="greenhouse", board="northcliff",
        careers_url="https://boards.greenhouse.sample.test/northcliff", sector="Payments", country_code="IL",
        about="Northcliff moves money between small shops and their banks, in eleven currencies and without surprises.",
        families=("backend", "frontend", "data", "infra", "product", "finance", "security", "people"),
        teams=("Payments", "Ledger", "Risk", "Merchant Experience", "Identity", "Payouts"),
        places=(TEL_AVIV, HERZLIYA, LONDON, REMOTE), baseline=34, benefits=_PERKS,
        base_pay=Pay(30_000, 38_000, "ILS", "month"),
        firsts=(
            Special("Senior Backend Engineer, Ledger", "backend", (0,), "hybrid", Pay(38_000, 46_000, "ILS", "month")),
            Special("R&D Team Lead – .NET / C#", "backend", (1,), "onsite", Pay(42_000, 52_000, "ILS", "month")),
            Special("SRE", "infra", (0, 2), "hybrid"),
            Special("מנהל/ת מוצר – חווית סוחרים", "product", (0,), "hybrid"),
            Special("Head of Risk & Compliance (m/f/d) ⚖️", "finance", (2,), "hybrid"),
        ),
        arrivals=(
            Special("Senior Backend Engineer, Payments", "backend", (0,), "hybrid",
                    Pay(38_000, 46_000, "ILS", "month")),
            Special("Backend Developer – Python/Django", "backend", (0, 3), "remote"),
            Special("Engineering Manager, Backend Platform", "backend", (0,), "hybrid"),
        ),
    ),
    SampleCompany(
        slug="harborlight", name="Harborlight", ats="comeet", board="7A.00C",
        careers_url="https://www.comeet.sample.test/jobs/harborlight/7A.00C", sector="Sensors", country_code="IL",
        about="Harborlight builds optical sensors that let ships, cranes and trains see through fog and spray.",
        families=("embedded", "backend", "data", "qa", "operations", "people", "product"),
        teams=("Perception", "Optics", "Data Platform", "Calibration", "Fleet", "Simulation"),
        places=(HAIFA, TEL_AVIV, BEER_SHEVA, JERUSALEM), baseline=26, benefits=_PERKS[:2],
        workplaces=("hybrid", "onsite", "hybrid", "unknown"),
        firsts=(
            Special("Staff Software Engineer (Backend), Data Platform & Streaming Infrastructure – Haifa R&D Center",
                    "backend", (0,), "onsite"),
            Special("מפתח/ת C++ – עיבוד אותות בזמן אמת", "embedded", (0,), "onsite"),
            Special("מהנדס/ת נתונים (Data Engineer) – Python, Spark", "data", (0, 1), "hybrid"),
            Special("C++ / CUDA Engineer, Real-Time Perception", "embedded", (1,), "hybrid"),
            Special("סטודנט/ית לבדיקות תוכנה", "qa", (2,), "onsite", None, "Student"),
        ),
        arrivals=(
            Special("מפתח/ת Backend – צוות פלטפורמה", "backend", (1,), "hybrid"),
            Special("Backend Engineer, Fleet", "backend", (0,), "hybrid"),
        ),
    ),
    SampleCompany(
        slug="saltmarsh", name="Saltmarsh", ats="comeet", board="8B.003",
        careers_url="https://www.comeet.sample.test/jobs/saltmarsh/8B.003", sector="Agriculture", country_code="IL",
        about="Saltmarsh helps farmers on dry land to irrigate by the drop, with probes in the soil and eyes in orbit.",
        families=("embedded", "data", "sales", "operations"),
        teams=("Irrigation", "Imaging", "Agronomy"),
        places=(BEER_SHEVA, TEL_AVIV), baseline=8, workplaces=("onsite", "hybrid", "unknown"), benefits=_PERKS[2:],
        firsts=(Special("Agronomist / אגרונום/ית שטח 🌱", "operations", (0,), "onsite"),),
    ),
    SampleCompany(
        slug="olivetree-health", name="Olivetree Health", ats="lever", board="olivetree-health",
        careers_url="https://jobs.lever.sample.test/olivetree-health", sector="Health", country_code="IL",
        about="Olivetree Health reads medical images together with doctors, and says how sure it is.",
        families=("backend", "data", "clinical", "frontend", "security", "support", "design"),
        teams=("Radiology", "Imaging Pipeline", "Clinical Trials", "Trust", "Care Teams"),
        places=(TEL_AVIV, JERUSALEM, BOSTON, REMOTE_US), baseline=22, benefits=_PERKS,
        base_pay=Pay(120_000, 150_000, "USD", "year"),
        firsts=(
            Special("Backend Developer – Python/Django", "backend", (3,), "remote"),
            Special("Principal Machine Learning Scientist, Uncertainty Quantification for Multi-Modal Medical Imaging "
                    "(Radiology, Pathology and Ophthalmology) – Research & Clinical Translation", "data", (2, 0),
                    "hybrid",
                    Pay(210_000, 260_000, "USD", "year")),
            Special("Nurse Consultant (part-time, evenings)", "clinical", (2,), "remote",
                    Pay(48, 62, "USD", "hour"), "Part-time"),
        ),
        arrivals=(
            Special("Machine Learning Engineer, Imaging Pipeline", "data", (0,), "hybrid",
                    Pay(34_000, 43_000, "ILS", "month")),
            Special("Product Designer, Care Teams", "design", (3,), "remote", Pay(125_000, 150_000, "USD", "year")),
        ),
    ),
    SampleCompany(
        slug="marrow-and-co", name="Marrow & Co", ats="lever", board="marrowco",
        careers_url="https://jobs.lever.sample.test/marrowco", sector="Consumer", country_code="GB",
        about="Marrow & Co roasts, ships and serves coffee, and builds the software that keeps forty cafés in beans.",
        families=("operations", "marketing", "design", "frontend", "people"),
        teams=("Roastery", "Cafés", "Online Shop"),
        places=(LONDON, EDINBURGH, LISBON), baseline=9, workplaces=("onsite", "onsite", "hybrid", "unknown"),
        base_pay=Pay(46_000, 58_000, "GBP", "year"), benefits=("All the coffee you should not drink",),
        firsts=(Special("Barista Trainer ☕ – Cafés", "operations", (0, 1), "onsite", Pay(14, 17, "GBP", "hour"),
                        "Part-time"),),
    ),
    SampleCompany(
        slug="fjordline", name="Fjordline", ats="ashby", board="fjordline",
        careers_url="https://jobs.ashbyhq.sample.test/fjordline", sector="Energy", country_code="NO",
        about="Fjordline balances wind, water and batteries on the grids of northern Europe, every four seconds.",
        families=("infra", "backend", "data", "design", "product", "security", "marketing"),
        teams=("Grid", "Forecasting", "Trading", "Control Room", "Design System"),
        places=(REMOTE_EUROPE, OSLO, BERLIN, KRAKOW), baseline=18, workplaces=("remote", "remote", "hybrid"),
        base_pay=Pay(75_000, 95_000, "EUR", "year"), benefits=_PERKS,
        firsts=(
            Special("Platform Engineer (Kubernetes)", "infra", (0,), "remote", Pay(75_000, 95_000, "EUR", "year")),
            Special("Node.js Engineer, Control Room", "backend", (0, 3), "remote"),
            Special("Werkstudent*in Datenanalyse (w/m/d)", "data", (2,), "hybrid", Pay(18, 21, "EUR", "hour"),
                    "Intern"),
        ),
        arrivals=(
            Special("Senior Product Designer, Design System", "design", (0,), "remote",
                    Pay(70_000, 88_000, "EUR", "year")),
            Special("Staff Platform Engineer, Observability", "infra", (0,), "remote",
                    Pay(98_000, 120_000, "EUR", "year")),
        ),
    ),
    SampleCompany(
        slug="quillmark", name="Quillmark", ats="ashby", board="Quillmark Ltd.",
        careers_url="https://jobs.ashbyhq.sample.test/Quillmark%20Ltd.", sector="Publishing", country_code="GB",
        about="Quillmark makes tools for people who write long books: outlines, drafts, edits and the way back.",
        families=("frontend", "backend", "design", "marketing", "support"),
        teams=("Editor", "Sync", "Fonts", "Accessibility"),
        places=(LONDON, REMOTE, EDINBURGH), baseline=15, workplaces=("remote", "hybrid", "unknown"),
        base_pay=Pay(62_000, 80_000, "GBP", "year"), benefits=_PERKS[1:],
        firsts=(
            Special("Backend Engineer", "backend", (0,), "hybrid", Pay(68_000, 84_000, "GBP", "year")),
            Special("Designer, Right-to-Left Typography — خط وتصميم / עיצוב", "design", (1,), "remote"),
            Special("Front-End Developer (TypeScript, no framework required)", "frontend", (1,), "remote"),
        ),
        arrivals=(Special("UX Researcher, Accessibility", "design", (1,), "remote",
                          Pay(58_000, 72_000, "GBP", "year")),),
    ),
    SampleCompany(
        slug="tessellate", name="Tessellate", ats="workday", board="tessellate/Tessellate_External",
        careers_url="https://tessellate.wd1.myworkdayjobs.sample.test/Tessellate_External",
        sector="Logistics", country_code="US",
        about="Tessellate packs trucks: the right parcels in the right order, with less air and fewer miles.",
        families=("operations", "backend", "data", "infra", "sales", "finance", "people", "qa", "support"),
        teams=("Routing", "Yard", "Last Mile", "Billing", "Returns", "Driver App"),
        places=(AUSTIN, DENVER, TORONTO, SAO_PAULO, REMOTE_US, KRAKOW), baseline=58, benefits=_PERKS[:3],
        workplaces=("onsite", "onsite", "hybrid", "unknown", "remote"),
        firsts=(
            Special("Warehouse Shift Lead (Nights)", "operations", (1,), "onsite"),
            Special("Senior Java Engineer, Routing", "backend", (0, 5), "hybrid"),
            Special("Engenheiro(a) de Software Sênior – Última Milha", "backend", (3,), "hybrid"),
        ),
        drops_to=4,
    ),
    SampleCompany(
        slug="brackenridge", name="Brackenridge", ats="greenhouse", board="brackenridge",
        careers_url="https://boards.greenhouse.sample.test/brackenridge", sector="Insurance", country_code="US",
        about="Brackenridge insures bicycles, instruments and other things that people love more than their cars.",
        families=("sales", "finance", "backend", "support", "marketing"),
        teams=("Claims", "Pricing", "Broker Portal"),
        places=(BOSTON, REMOTE_US, TORONTO), baseline=12, benefits=_PERKS[:2],
        base_pay=Pay(98_000, 128_000, "USD", "year"),
        firsts=(Special("Actuary, Bicycles & Small Instruments", "finance", (0,), "hybrid",
                        Pay(130_000, 165_000, "USD", "year")),),
        broken_from=5,
    ),
)  # fmt: skip


def find(board: str, ats: str) -> SampleCompany | None:
    """The company whose board on `ats` has this name, whatever its case."""
    return next((c for c in COMPANIES if c.ats == ats and c.board.casefold() == board.casefold()), None)
