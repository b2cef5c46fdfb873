// What the authority of every database is made of.

// A write is refused by a code of `backend/miaopu/models/denials.py` and the part that it speaks of:
// `event <ULID>`, `fact <name>`, `field <path>`, or `document`. Never a value.
function refuse(code, part) {
  throw { forbidden: '[' + code + '] ' + (part || 'document') };
}

// A name as it may stand in a denial: a hostile one may be somebody's data.
function shown(name) {
  return /^[A-Za-z0-9_.-]{1,40}$/.test(name) ? name : '?';
}

function eventPart(id) { return 'event ' + shown(id); }

function factPart(name) { return 'fact ' + shown(name); }

function hasRole(role) {
  return userCtx.roles.indexOf(role) >= 0;
}

function isServer() {
  return hasRole('server') || hasRole('_admin');
}

function owns(object, name) {
  return Object.prototype.hasOwnProperty.call(object, name);
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Deep equality of JSON values.
function same(a, b) {
  var name;
  if (a === b) { return true; }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) { return false; }
  if (Array.isArray(a) !== Array.isArray(b)) { return false; }
  for (name in a) {
    if (!owns(b, name) || !same(a[name], b[name])) { return false; }
  }
  for (name in b) {
    if (!owns(a, name)) { return false; }
  }
  return true;
}

// The document as its writer wrote it; `except` names a field that is left out.
function written(doc, except) {
  var result = {};
  for (var name in doc) {
    if (name.charAt(0) !== '_' && name !== except) { result[name] = doc[name]; }
  }
  return result;
}

// What is never changed: another document corrects it.
function unchanged() {
  if (oldDoc && !oldDoc._deleted && !same(written(oldDoc), written(newDoc))) {
    refuse('unchangeable');
  }
}

// The _id says the same as the fields `parts`; what is neither text nor number stands in none.
function checkId(parts) {
  var plain = parts.every(function (part) {
    return typeof part === 'string' || typeof part === 'number';
  });
  if (!plain || newDoc._id !== parts.join(':')) {
    refuse('wrong-id', 'field _id');
  }
}
