function (doc) {
  // The doses that a clinic gave, by day: the site is the one that recorded the dose.
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  standing('dose', function (id, dose) {
    if (dose.origin === 'given') { emit([dose.site, dose.date, dose.vaccine], null); }
  });
}
