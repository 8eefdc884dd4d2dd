"""A small invented job market, served in the true wire formats of five ATSs, for trying the product offline."""
