function (doc) {
  // Children with a reaction (疑似异常反应), by its date; what was voided is left out by who reads.
  if (doc.type !== 'child') { return; }
  for (var id in doc.events) {
    if (doc.events[id].kind === 'aefi') { emit(doc.events[id].date, null); }
  }
}
