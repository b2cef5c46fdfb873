"""Children who move (流动儿童): finding and fetching a case, moves between sites, distribution."""
