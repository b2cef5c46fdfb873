function (doc) {
  // What two cases of one child have in common: equal keys are suspected duplicates.
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  // !code lib/cards.js
  // !code lib/name.js
  var idNumber = valueOf('id_number');
  var person = ['person', valueOf('name'), valueOf('birth_date'), valueOf('mother_name')];
  if (idNumber !== null) { emit(['id_number', idNumber], null); }
  if (person[1] !== null && person[2] !== null && person[3] !== null) {
    emit([person[0], comparableName(person[1]), person[2], comparableName(person[3])], null);
  }
  // One family: born on one day to one mother, or with one telephone.
  if (person[2] !== null && person[3] !== null) {
    emit(['mother', person[2], comparableName(person[3])], null);
  }
  var phone = valueOf('phone');
  if (person[2] !== null && phone !== null) { emit(['phone', person[2], comparableName(phone)], null); }
  eachCard(function (number) { emit(['card', number], null); });
}
