function (newDoc, oldDoc) {
  // Generated from the models by `miaopu generate`. Do not edit.
  // ES5, which is what every CouchDB runs.
  //
  // A schema is one of
  //   {type: 'values', values: [...]}                  one of these
  //   {type: 'nullable', of: schema}                   that, or null
  //   {type: 'anyOf', of: [schema, ...]}               alternatives
  //   {type: 'union', tag: field, of: {value: schema}} the field says which holds
  //   {type: 'string', format, pattern, minLength, maxLength}
  //   {type: 'integer' | 'number', minimum, maximum}, {type: 'boolean' | 'null'}
  //   {type: 'array', items, minItems, maxItems}
  //   {type: 'object', fields, required} or {type: 'object', keys, entries, maxProperties}
  //   {type: 'any'}
  // or the name of one that has parts, which is made when it is met.
  // A denial is `[code] field <path>`, and never holds a value.
  var Action = {type: "values", values: ["write", "read", "refused", "account", "login", "login_failed", "logout"]};
  var Text = {type: "string", minLength: 1, maxLength: 200};
  var Ulid = {type: "string", pattern: /^[0-9A-HJKMNP-TV-Z]{26}$/};
  var DictionaryCode = {type: "string", pattern: /^[0-9A-Za-z_.-]{1,32}$/};
  var Instant = {type: "string", format: "date-time", pattern: /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$/};
  var RegionCode = {type: "string", pattern: /^[0-9]{6}$/};
  var SiteCode = {type: "string", pattern: /^[0-9]{10}$/};
  var UserName = {type: "string", minLength: 1, maxLength: 64};
  function made(name) {
    switch (name) {
      case "AuditedDocument": return {type: "object", fields: {id: Text, rev: Text, events: {type: "object", keys: /^[0-9A-Za-z_.-]{1,32}$/, entries: {type: "integer", minimum: 1}}, voided: {type: "array", maxItems: 200, items: Ulid}, facts: {type: "array", maxItems: 100, items: DictionaryCode}}, required: ["id"]};
      case "audit:": return {type: "object", fields: {type: {type: "values", values: ["audit"]}, at: Instant, by: UserName, site: SiteCode, region: RegionCode, address: Text, action: Action, database: Text, request: Text, documents: {type: "array", maxItems: 500, items: "AuditedDocument"}, account: UserName, changed: {type: "array", maxItems: 20, items: DictionaryCode}, grades: {type: "array", maxItems: 2, items: {type: "values", values: ["ordinary", "senior", "admin"]}}, disabled: {type: "boolean"}, cut: {type: "boolean"}}, required: ["type", "at", "by", "address", "action", "database", "request"]};
    }
  }
  var ids = {audit: /^audit:[0-9A-HJKMNP-TV-Z]{26}$/};
  var known = {};
  var BOOKKEEPING = /^_(?:id|rev|revisions|deleted|revs_info|local_seq)$/;
  var SAFE_NAME = /^[A-Za-z0-9_.-]{1,40}$/;
  var has = Object.prototype.hasOwnProperty;

  // The names that lead to the value in hand; joined only for a message, which is rare.
  var trail = [];
  var depth = 0;

  // A field's name may itself be hostile, or somebody's data.
  function shown(name) {
    return SAFE_NAME.test(name) ? name : '?';
  }

  function refuse(code) {
    var path = depth === 0 ? 'document' : 'field ' + trail.slice(0, depth).map(shown).join('.');
    throw { forbidden: '[' + code + '] ' + path };
  }

  function daysOf(year, month) {
    if (month === 2) {
      return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
    }
    return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  }

  function isDate(text) {
    var year = +text.substr(0, 4);
    var month = +text.substr(5, 2);
    var day = +text.substr(8, 2);
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  }

  function isInstant(text) {
    return isDate(text) && +text.substr(11, 2) < 24 && +text.substr(14, 2) < 60 &&
      +text.substr(17, 2) < 60;
  }

  // Length in characters: a pair of surrogates is one.
  function lengthOf(text) {
    return text.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, '_').length;
  }

  function checkString(schema, value) {
    // Events repeat their author, station, site and version: what was just found good still is.
    if (value === schema.good) { return; }
    if (typeof value !== 'string') { refuse('wrong-type'); }
    if (schema.format === 'date') {
      if (!schema.pattern.test(value) || !isDate(value)) { refuse('wrong-date'); }
    } else if (schema.format === 'date-time') {
      if (!schema.pattern.test(value) || !isInstant(value)) { refuse('wrong-date'); }
    } else if (schema.pattern) {
      if (!schema.pattern.test(value)) { refuse('wrong-form'); }
    } else if (value.length < schema.minLength) {
      refuse('wrong-length');
    } else if (value.length > schema.maxLength && lengthOf(value) > schema.maxLength) {
      refuse('wrong-length');
    }
    schema.good = value;
  }

  function checkNumber(schema, value) {
    if (typeof value !== 'number') { refuse('wrong-type'); }
    if (schema.type === 'integer' && Math.floor(value) !== value) { refuse('wrong-type'); }
    if (value < schema.minimum || value > schema.maximum) { refuse('out-of-range'); }
  }

  function memberOf(old, name) {
    return typeof old === 'object' && old !== null ? old[name] : undefined;
  }

  function checkArray(schema, value) {
    if (!Array.isArray(value)) { refuse('wrong-type'); }
    if (value.length < schema.minItems) { refuse('wrong-length'); }
    if (value.length > schema.maxItems) { refuse('wrong-length'); }
    for (var i = 0; i < value.length; i += 1) {
      trail[depth++] = String(i);
      check(schema.items, value[i]);
      depth -= 1;
    }
  }

  function checkFields(schema, value, old) {
    var fields = schema.fields;
    var field;
    for (var name in value) {
      trail[depth++] = name;
      field = fields[name];
      // What `fields` inherits (`constructor`, `__proto__`) is no schema, and `check` says so.
      if (field !== undefined) {
        check(field, value[name], memberOf(old, name));
      } else if (depth > 1 || !BOOKKEEPING.test(name)) {
        refuse('unknown-field');
      }
      depth -= 1;
    }
    for (var i = 0; i < schema.required.length; i += 1) {
      if (!has.call(value, schema.required[i])) {
        trail[depth++] = schema.required[i];
        refuse('missing-field');
      }
    }
  }

  function checkEntries(schema, value, old) {
    var count = 0;
    for (var key in value) {
      count += 1;
      // Most of a child's events are those of the old document, under the same names.
      if (isKept(value[key], memberOf(old, key))) { continue; }
      trail[depth++] = key;
      if (!schema.keys.test(key)) { refuse('wrong-form'); }
      check(schema.entries, value[key], memberOf(old, key));
      depth -= 1;
    }
    if (count > schema.maxProperties) { refuse('wrong-length'); }
  }

  function checkObject(schema, value, old) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      refuse('wrong-type');
    }
    if (schema.fields) { checkFields(schema, value, old); }
    if (schema.entries) { checkEntries(schema, value, old); }
  }

  function checkUnion(schema, value, old) {
    if (typeof value !== 'object' || value === null) { refuse('wrong-type'); }
    var tag = value[schema.tag];
    if (typeof tag !== 'string' || !has.call(schema.of, tag)) {
      trail[depth++] = schema.tag;
      refuse('unknown-kind');
    }
    check(schema.of[tag], value, memberOf(old, schema.tag) === tag ? old : undefined);
  }

  function checkAnyOf(schema, value, old) {
    var start = depth;
    var first = null;
    for (var i = 0; i < schema.of.length; i += 1) {
      try {
        return check(schema.of[i], value, old);
      } catch (refusal) {
        if (!refusal || !refusal.forbidden) { throw refusal; }
        first = first || refusal;
        depth = start;
      }
    }
    throw first;
  }

  // The very same object was found good with the old document: where the database keeps what did not
  // change as one object, it is not looked at again.
  function isKept(value, old) {
    return value === old && typeof value === 'object' && value !== null;
  }

  // `old` is what the old document holds in this place.
  function check(schema, value, old) {
    if (isKept(value, old)) { return; }
    if (typeof schema === 'string') { schema = known[schema] || (known[schema] = made(schema)); }
    switch (schema.type) {
      case 'string': return checkString(schema, value);
      case 'object': return checkObject(schema, value, old);
      case 'integer':
      case 'number': return checkNumber(schema, value);
      case 'array': return checkArray(schema, value);
      case 'boolean': if (typeof value !== 'boolean') { refuse('wrong-type'); } return;
      case 'any': return;
      case 'null': if (value !== null) { refuse('wrong-type'); } return;
      case 'values':
        if (schema.values.indexOf(value) < 0) { refuse('not-allowed'); }
        return;
      case 'union': return checkUnion(schema, value, old);
      case 'nullable': if (value !== null) { check(schema.of, value, old); } return;
      case 'anyOf': return checkAnyOf(schema, value, old);
      default: refuse('unknown-field');
    }
  }

  // What a deletion must look like is a question of authority.
  if (newDoc._deleted === true) { return; }
  if (typeof newDoc.type !== 'string' || !has.call(ids, newDoc.type)) {
    trail[depth++] = 'type';
    refuse('unknown-type');
  }
  if (!ids[newDoc.type].test(newDoc._id)) {
    trail[depth++] = '_id';
    refuse('wrong-id');
  }
  // What was deleted was not checked.
  var before = oldDoc && oldDoc._deleted !== true && oldDoc.type === newDoc.type ? oldDoc : undefined;
  check(newDoc.type + ':', newDoc, before);
}
