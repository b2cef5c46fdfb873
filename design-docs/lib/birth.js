// Year and month of birth as numbers; null where nobody has entered a date.
var birth = valueOf('birth_date');
var year = birth === null ? null : +birth.substr(0, 4);
var month = birth === null ? null : +birth.substr(5, 2);
