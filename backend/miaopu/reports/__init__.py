"""Reports (报表): what no view of single documents can count."""
