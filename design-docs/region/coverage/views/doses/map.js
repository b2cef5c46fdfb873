function (doc) {
  // The nth dose that counts, of each vaccine group: not voided, and one a day.
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  // !code lib/birth.js
  // An adult at the same desk (成人) is in no rate of children.
  if (isJoined() || valueOf('person') === 'adult') { return; }
  // !json vaccine_groups
  var days = {};
  standing('dose', function (id, dose) {
    // A vaccine that no dictionary knows is counted under its own code, where somebody sees it.
    var groups = vaccine_groups[dose.vaccine] || [dose.vaccine];
    for (var i = 0; i < groups.length; i += 1) {
      days[groups[i]] = days[groups[i]] || {};
      days[groups[i]][dose.date] = true;
    }
  });
  for (var group in days) {
    var count = Object.keys(days[group]).length;
    for (var n = 1; n <= count; n += 1) { emit([valueOf('site'), year, month, group, n], null); }
  }
}
