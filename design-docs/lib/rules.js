// Compiled from pwa/src/case/rules by `miaopu generate`. Do not edit.
"use strict";
var __assign = (this && this.__assign) || function () {
    __assign = Object.assign || function(t) {
        for (var s, i = 1, n = arguments.length; i < n; i++) {
            s = arguments[i];
            for (var p in s) if (Object.prototype.hasOwnProperty.call(s, p))
                t[p] = s[p];
        }
        return t;
    };
    return __assign.apply(this, arguments);
};
var rules = (function () {
    var __defProp = Object.defineProperty;
    var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
    var __getOwnPropNames = Object.getOwnPropertyNames;
    var __hasOwnProp = Object.prototype.hasOwnProperty;
    var __export = function (target, all) {
        for (var name in all)
            __defProp(target, name, { get: all[name], enumerable: true });
    };
    var __copyProps = function (to, from, except, desc) {
        if (from && typeof from === "object" || typeof from === "function") {
            var _loop_1 = function (key) {
                if (!__hasOwnProp.call(to, key) && key !== except)
                    __defProp(to, key, { get: function () { return from[key]; }, enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
            };
            for (var _i = 0, _a = __getOwnPropNames(from); _i < _a.length; _i++) {
                var key = _a[_i];
                _loop_1(key);
            }
        }
        return to;
    };
    var __toCommonJS = function (mod) { return __copyProps(__defProp({}, "__esModule", { value: true }), mod); };
    var bundle_exports = {};
    __export(bundle_exports, {
        denialOf: function () { return denialOf; },
        denialOfDocument: function () { return denialOfDocument; },
        warningsOf: function () { return warningsOf; }
    });
    var isObject = function (value) { return typeof value === "object" && value !== null && !Array.isArray(value); };
    var its = Object.prototype.hasOwnProperty;
    var owns = function (object, name) { return its.call(object, name); };
    var textOf = function (value) { return typeof value === "string" ? value : null; };
    function factValue(facts, name) {
        var fact = facts[name];
        return isObject(fact) && fact.value !== void 0 ? fact.value : null;
    }
    var WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    var DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    var CHECKS = "10X98765432";
    function checkDigit(first17) {
        var sum = 0;
        for (var i = 0; i < 17; i++)
            sum += Number(first17[i]) * WEIGHTS[i];
        return CHECKS[sum % 11];
    }
    function isCalendarDate(text) {
        var _a;
        if (!/^\d{4}-\d{2}-\d{2}$/.test(text))
            return false;
        var _b = text.split("-").map(Number), _c = _b[0], year = _c === void 0 ? 0 : _c, _d = _b[1], month = _d === void 0 ? 0 : _d, _e = _b[2], day = _e === void 0 ? 0 : _e;
        var isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
        var days = month === 2 && isLeap ? 29 : (_a = DAYS[month - 1]) !== null && _a !== void 0 ? _a : 0;
        return year > 0 && day >= 1 && day <= days;
    }
    function parseIdNumber(text) {
        var value = text.trim().toUpperCase();
        if (!/^\d{17}[\dX]$/.test(value))
            return null;
        var birthDate = "".concat(value.slice(6, 10), "-").concat(value.slice(10, 12), "-").concat(value.slice(12, 14));
        if (!isCalendarDate(birthDate) || checkDigit(value) !== value[17])
            return null;
        return { region: value.slice(0, 6), birthDate: birthDate, sex: Number(value[16]) % 2 === 1 ? "M" : "F" };
    }
    var FIRST_BIRTH = "1900-01-01";
    var FIRST_EXPIRY = "2000-01-01";
    var LONGEST_LIFE = 15;
    var MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}Z$/;
    function dayAfter(moment) {
        var time = MOMENT.test(moment) ? Date.parse(moment) : 0;
        return new Date((time || 0) + 864e5).toISOString().substring(0, 10);
    }
    function latestDay(at, context) {
        if (context.today !== void 0)
            return context.today;
        return dayAfter(typeof at === "string" ? at : "");
    }
    function isExpiry(expiry, day) {
        var last = "".concat(Number(day.substring(0, 4)) + LONGEST_LIFE).concat(day.substring(4));
        return isCalendarDate(expiry) && expiry >= FIRST_EXPIRY && expiry <= last;
    }
    var DEAD = "4";
    function isVaccine(code, _a) {
        var routes = _a.routes, isWhole = _a.isWhole;
        if (routes === void 0)
            return true;
        if (typeof code !== "string")
            return false;
        if (routes[code] !== void 0)
            return true;
        if (isWhole)
            return false;
        for (var known in routes)
            if (known.substring(0, 2) === code.substring(0, 2))
                return true;
        return false;
    }
    var dose = function (_a) {
        var _b;
        var id = _a.id, event = _a.event, child = _a.child, context = _a.context;
        var found = [];
        var date = textOf(event.date);
        if (!isVaccine(event.vaccine, context)) {
            found.push({ code: "unknown-vaccine", part: "field events.".concat(id, ".vaccine") });
        }
        if (date === null)
            return found;
        var birth = textOf(factValue(child.facts, "birth_date"));
        if (birth === null && context.author !== void 0)
            found.push({ code: "no-birth-date" });
        var status = child.facts.register_status;
        if (isObject(status) && status.value === DEAD && typeof status.at === "string") {
            if (date > dayAfter(status.at) && !((_b = context.isMerge) === null || _b === void 0 ? void 0 : _b.call(context)))
                found.push({ code: "after-death" });
        }
        return event.origin === "given" ? found.concat(given(id, event, date, context)) : found;
    };
    function given(id, event, date, context) {
        var _a, _b, _c, _d;
        var found = [];
        var field2 = function (name) { return "field events.".concat(id, ".").concat(name); };
        var _e = [(_a = textOf(event.vaccine)) !== null && _a !== void 0 ? _a : "", ((_b = textOf(event.lot)) !== null && _b !== void 0 ? _b : "").trim()], vaccine = _e[0], lot = _e[1];
        var maker = textOf(event.maker);
        var expiry = textOf(event.expiry);
        if (lot === "")
            found.push({ code: "no-lot" });
        if (expiry !== null) {
            if (!isExpiry(expiry, date))
                found.push({ code: "impossible-expiry", part: field2("expiry") });
            if (expiry < date)
                found.push({ code: "lot-expired", excusable: true });
        }
        var route = (_c = context.routes) === null || _c === void 0 ? void 0 : _c[vaccine];
        if (route && event.route !== void 0 && event.route !== route) {
            found.push({ code: "other-route", part: field2("route"), excusable: true });
        }
        var state = (_d = context.lotOf) === null || _d === void 0 ? void 0 : _d.call(context, __assign({ vaccine: vaccine, lot: lot }, maker !== null && { maker: maker }));
        if (state && state.balance <= 0)
            found.push({ code: "lot-empty", excusable: true });
        if (state && date < state.since)
            found.push({ code: "lot-not-here", excusable: true });
        return found;
    }
    function voidedIn(events) {
        var voids = [];
        for (var id in events) {
            var event = events[id];
            if (isObject(event) && event.kind === "void" && typeof event.target === "string") {
                voids.push([id, event.target]);
            }
        }
        var gone = {};
        for (;;) {
            var more = {};
            var _loop_2 = function (id, target) {
                if (voids.every(function (_a) {
                    var other = _a[0], its2 = _a[1];
                    return its2 !== id || gone[other] === true;
                }))
                    more[target] = true;
            };
            for (var _i = 0, voids_1 = voids; _i < voids_1.length; _i++) {
                var _a = voids_1[_i], id = _a[0], target = _a[1];
                _loop_2(id, target);
            }
            if (Object.keys(more).length === Object.keys(gone).length)
                return gone;
            gone = more;
        }
    }
    var PIN_TRIES = 5;
    function pinState(events, before) {
        var state = { set: null, wrong: 0 };
        var gone = voidedIn(events);
        var ids = Object.keys(events).sort();
        for (var _i = 0, ids_1 = ids; _i < ids_1.length; _i++) {
            var id = ids_1[_i];
            var event = events[id];
            if (before !== void 0 && id >= before)
                break;
            if (gone[id] === true || !isObject(event))
                continue;
            if (event.kind === "consent") {
                if (isObject(event.informed) && event.informed.method === "pin")
                    state.wrong = 0;
            }
            else if (event.kind === "pin") {
                if (event.step === "set")
                    state.set = id;
                if (event.step === "reset")
                    state.set = null;
                state.wrong = event.step === "wrong" ? state.wrong + 1 : 0;
            }
        }
        return state;
    }
    function isJoined(events) {
        for (var id in events) {
            var event = events[id];
            if (isObject(event) && event.kind === "same_as")
                return true;
        }
        return false;
    }
    function names(target, events) {
        var kinds = [];
        for (var _i = 2; _i < arguments.length; _i++) {
            kinds[_i - 2] = arguments[_i];
        }
        var id = textOf(target);
        var event = id === null ? void 0 : events[id];
        if (id === null || !isObject(event) || voidedIn(events)[id] === true)
            return null;
        return kinds.indexOf(String(event.kind)) >= 0 ? event : null;
    }
    var field = function (id, name, code) { return ({
        code: code,
        part: "field events.".concat(id, ".").concat(name)
    }); };
    var consent = function (_a) {
        var id = _a.id, event = _a.event, child = _a.child, author = _a.context.author;
        if (!isObject(event.informed) || event.informed.method !== "pin")
            return [];
        if (isJoined(child.events))
            return [];
        if (author !== void 0)
            return unusable(pinState(child.events, id));
        for (var other in child.events) {
            var one = child.events[other];
            if (isObject(one) && one.kind === "pin" && one.step === "set" && other < id)
                return [];
        }
        return [{ code: "pin-not-set" }];
    };
    function unusable(_a) {
        var set = _a.set, wrong = _a.wrong;
        if (set === null)
            return [{ code: "pin-not-set" }];
        return wrong >= PIN_TRIES ? [{ code: "pin-locked" }] : [];
    }
    var pin = function (_a) {
        var _b;
        var id = _a.id, event = _a.event, child = _a.child, author = _a.context.author;
        var found = [];
        var isSet = event.step === "set";
        if (isSet && author !== void 0 && pinState(child.events, id).wrong >= PIN_TRIES) {
            found.push({ code: "pin-locked" });
        }
        if (isSet && !isObject(event.verifier))
            found.push(field(id, "verifier", "missing-field"));
        if (!isSet && event.verifier !== void 0)
            found.push(field(id, "verifier", "unknown-field"));
        if (event.step === "unlocked" || event.step === "reset") {
            if (author !== void 0 && !author.senior)
                found.push({ code: "senior-only" });
            if (((_b = textOf(event.reason)) !== null && _b !== void 0 ? _b : "").trim() === "")
                found.push(field(id, "reason", "missing-field"));
        }
        return found;
    };
    function sumOf(charges) {
        var sum = 0;
        for (var _i = 0, _a = Array.isArray(charges) ? charges : []; _i < _a.length; _i++) {
            var one = _a[_i];
            if (isObject(one))
                sum += Number(one.count) * Number(one.price_fen);
        }
        return sum;
    }
    var payment = function (_a) {
        var id = _a.id, event = _a.event, child = _a.child;
        var sum = sumOf(event.charges);
        var total = Number(event.total_fen);
        var handed = event.received_fen;
        if (event.refunds === void 0) {
            var isShort = typeof handed === "number" && handed < total;
            return total !== sum || isShort ? [{ code: "wrong-total" }] : [];
        }
        if (total !== -sum)
            return [{ code: "wrong-total" }];
        var paid = names(event.refunds, child.events, "payment");
        if (paid === null || paid.refunds !== void 0)
            return [{ code: "unknown-target" }];
        var left = Number(paid.total_fen);
        var gone = voidedIn(child.events);
        for (var other in child.events) {
            var one = child.events[other];
            if (other === id || gone[other] === true || !isObject(one))
                continue;
            if (one.kind === "payment" && one.refunds === event.refunds)
                left += Number(one.total_fen);
        }
        return left + total < 0 ? [{ code: "refunded" }] : [];
    };
    var stay = function (_a) {
        var _b;
        var event = _a.event;
        var _c = [Date.parse(String(event.since)), Date.parse(String(event.until))], since = _c[0], until = _c[1];
        var isEarly = !(until - since >= Number(event.minutes) * 6e4);
        var reason = ((_b = textOf(event.reason)) !== null && _b !== void 0 ? _b : "").trim();
        return isEarly && reason === "" ? [{ code: "left-early" }] : [];
    };
    var aefiStep = function (_a) {
        var event = _a.event, child = _a.child;
        return names(event.target, child.events, "aefi") === null ? [{ code: "unknown-target" }] : [];
    };
    var appointment = function (_a) {
        var id = _a.id, event = _a.event, child = _a.child;
        if (event.state === "cancelled" && event.replaces === void 0) {
            return [field(id, "replaces", "missing-field")];
        }
        if (event.replaces === void 0)
            return [];
        var booked = textOf(event.replaces);
        var known = booked === null ? void 0 : child.events[booked];
        return isObject(known) && known.kind === "appointment" ? [] : [{ code: "unknown-target" }];
    };
    var CARD = /^[0-9]{6,37}$/;
    var card = function (_a) {
        var _b, _c;
        var id = _a.id, event = _a.event, context = _a.context;
        var number = (_b = textOf(event.number)) !== null && _b !== void 0 ? _b : "";
        if (!CARD.test(number))
            return [{ code: "wrong-form", part: "field events.".concat(id, ".number") }];
        var isTaken = event.state === "issued" && ((_c = context.isTaken) === null || _c === void 0 ? void 0 : _c.card(number));
        return isTaken ? [{ code: "card-taken" }] : [];
    };
    var voided = function (_a) {
        var id = _a.id, event = _a.event, child = _a.child, context = _a.context;
        var target = textOf(event.target);
        var known = target === null ? void 0 : child.events[target];
        if (context.author === void 0)
            return [];
        var others = {};
        for (var other in child.events)
            if (other !== id)
                others[other] = child.events[other];
        if (target === null || !isObject(known) || voidedIn(others)[target] === true) {
            return [{ code: "unknown-target" }];
        }
        var isOthers = known.kind === "pin" || known.kind === "payment";
        if (isOthers && !context.author.senior)
            return [{ code: "senior-only" }];
        var isOwn = known.by === context.author.by || context.author.senior;
        return isOwn ? [] : [{ code: "void-of-another" }];
    };
    var senior = function (_a) {
        var author = _a.context.author;
        return author !== void 0 && !author.senior ? [{ code: "senior-only" }] : [];
    };
    var RULES = {
        dose: dose,
        consent: consent,
        pin: pin,
        payment: payment,
        stay: stay,
        aefi_step: aefiStep,
        appointment: appointment,
        card: card,
        void: voided,
        same_as: senior,
        not_same_as: senior
    };
    var dated = function (_a) {
        var _b;
        var id = _a.id, event = _a.event, child = _a.child, context = _a.context;
        var found = [];
        var date = textOf(event.date);
        if (date === null)
            return found;
        var part = "field events.".concat(id, ".date");
        if (!isCalendarDate(date))
            return [{ code: "wrong-date", part: part }];
        if (date > latestDay(event.at, context))
            found.push({ code: "future-date", part: part });
        var birth = textOf(factValue(child.facts, "birth_date"));
        if (birth !== null && date < birth && !((_b = context.isMerge) === null || _b === void 0 ? void 0 : _b.call(context))) {
            found.push({ code: "before-birth", part: part });
        }
        return found;
    };
    var objectionsTo = function (judged) {
        var kind = judged.event.kind;
        var own = typeof kind === "string" && owns(RULES, kind) ? RULES[kind] : void 0;
        return dated(judged).concat(own ? own(judged) : []);
    };
    var FORMS = {
        phone: /^[0-9+ -]{5,20}$/,
        phone_2: /^[0-9+ -]{5,20}$/,
        child_code: /^[0-9]{18}$/,
        site: /^[0-9]{10}$/
    };
    var ID_NUMBERS = { id_number: true, mother_id_number: true };
    function objectionsToFact(name, child, context) {
        var _a;
        var part = "fact ".concat(name);
        var value = textOf(factValue(child.facts, name));
        if (value === null)
            return [];
        var form = FORMS[name];
        if (form && !form.test(value))
            return [{ code: "wrong-form", part: part }];
        if (value.length > (name === "remark" ? 2e3 : 200))
            return [{ code: "wrong-length", part: part }];
        if (ID_NUMBERS[name] && !parseIdNumber(value))
            return [{ code: "wrong-check-digit", part: part }];
        if (name === "id_number" && ((_a = context.isTaken) === null || _a === void 0 ? void 0 : _a.idNumber(value))) {
            return [{ code: "id-number-taken", part: part }];
        }
        return name === "birth_date" ? born(value, child, context) : [];
    }
    function born(birth, _a, context) {
        var _b;
        var facts = _a.facts, events = _a.events;
        var part = "fact birth_date";
        var at = isObject(facts.birth_date) ? facts.birth_date.at : null;
        if (!isCalendarDate(birth))
            return [{ code: "wrong-date", part: part }];
        if (birth < FIRST_BIRTH || birth > latestDay(at, context)) {
            return [{ code: "impossible-birth-date", part: part }];
        }
        for (var id in events) {
            var event = events[id];
            if (!isObject(event) || event.kind !== "dose")
                continue;
            var date = textOf(event.date);
            if (date !== null && date < birth && voidedIn(events)[id] !== true && !((_b = context.isMerge) === null || _b === void 0 ? void 0 : _b.call(context))) {
                return [{ code: "before-birth", part: part }];
            }
        }
        return [];
    }
    var OUT = { issue: true, return: true, waste: true };
    function denialOfMove(move, context) {
        var _a, _b, _c, _d, _e;
        var kind = move.kind, doses = move.doses, count = move.count;
        var deny = function (code, field2) { return ({ code: code, part: "field ".concat(field2) }); };
        if (kind === "count" !== (count !== void 0))
            return deny("wrong-count", "count");
        if (kind === "count" === (doses !== void 0))
            return deny("wrong-count", "doses");
        for (var _i = 0, _f = ["lot", "maker"]; _i < _f.length; _i++) {
            var field2 = _f[_i];
            if (((_a = textOf(move[field2])) !== null && _a !== void 0 ? _a : "").trim() === "")
                return deny("missing-field", field2);
        }
        var date = (_b = textOf(move.date)) !== null && _b !== void 0 ? _b : "";
        if (!isCalendarDate(date))
            return deny("wrong-date", "date");
        if (date > latestDay(move.at, context))
            return deny("future-date", "date");
        if (!isExpiry((_c = textOf(move.expiry)) !== null && _c !== void 0 ? _c : "", date))
            return deny("impossible-expiry", "expiry");
        if (!isVaccine(move.vaccine, context)) {
            return deny("unknown-vaccine", "vaccine");
        }
        if (typeof doses !== "number")
            return null;
        var isOut = typeof kind === "string" && OUT[kind] === true;
        if (isOut ? doses >= 0 : doses <= 0)
            return deny("out-of-range", "doses");
        var _g = [textOf(move.vaccine), textOf(move.maker), textOf(move.lot)], vaccine = _g[0], maker = _g[1], lot = _g[2];
        var state = (_d = context.lotOf) === null || _d === void 0 ? void 0 : _d.call(context, { vaccine: vaccine !== null && vaccine !== void 0 ? vaccine : "", maker: maker !== null && maker !== void 0 ? maker : "", lot: lot !== null && lot !== void 0 ? lot : "" });
        if (isOut && context.lotOf && doses + ((_e = state === null || state === void 0 ? void 0 : state.balance) !== null && _e !== void 0 ? _e : 0) < 0) {
            return deny("beyond-stock", "doses");
        }
        return null;
    }
    function nowhere() {
        return new RegExp([
            "[\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F]",
            "[\\u061C\\u200E\\u200F\\u2028-\\u202E\\u2066-\\u2069\\uFEFF\\uFFF9-\\uFFFF]",
            "[\\uE000-\\uF8FF]|[\\uDB80-\\uDBFF][\\uDC00-\\uDFFF]",
            "[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])|(?:[^\\uD800-\\uDBFF]|^)[\\uDC00-\\uDFFF]"
        ].join("|"));
    }
    var BREAK = /[\t\n]/;
    var LONG = { note: true, remark: true, reason: true };
    function isPrintable(text, field2) {
        if (field2 === void 0) { field2 = ""; }
        return !nowhere().test(text) && (LONG[field2] === true || !BREAK.test(text));
    }
    var SUSPECT = /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uD800-\uF8FF\uFEFF\uFFF9-\uFFFF]|\\[bfnrtu]/;
    function unprintableIn(value, field2) {
        if (field2 === void 0) { field2 = ""; }
        return SUSPECT.test(JSON.stringify(value)) ? walk(value, field2) : null;
    }
    function walk(value, field2) {
        if (typeof value === "string")
            return isPrintable(value, field2) ? null : field2;
        if (Array.isArray(value)) {
            for (var i = 0; i < value.length; i += 1) {
                if (walk(value[i], field2) !== null)
                    return field2;
            }
            return null;
        }
        if (!isObject(value))
            return null;
        for (var name in value) {
            var found = walk(value[name], name);
            if (found !== null)
                return field2 === "" ? name : field2;
        }
        return null;
    }
    var NOTHING = { facts: {}, events: {} };
    var SAFE = /^[A-Za-z0-9_.-]{1,40}$/;
    var shown = function (name) { return SAFE.test(name) ? name : "?"; };
    function childOf(doc) {
        var _a = isObject(doc) ? doc : {}, facts = _a.facts, events = _a.events;
        return { facts: isObject(facts) ? facts : {}, events: isObject(events) ? events : {} };
    }
    function isExcused(_a, event) {
        var code = _a.code, excusable = _a.excusable;
        var override = event.override;
        if (!excusable || !isObject(override) || !Array.isArray(override.warnings))
            return false;
        return override.warnings.indexOf(code) >= 0 && typeof override.reason === "string" && override.reason.trim() !== "";
    }
    function same(a, b) {
        return a === b || JSON.stringify(a) === JSON.stringify(b);
    }
    function denialOf(before, after, context) {
        var _a, _b;
        var known = before ? childOf(before) : NOTHING;
        var child = childOf(after);
        for (var id in child.events) {
            var event = child.events[id];
            if (owns(known.events, id) || !isObject(event))
                continue;
            var part = "event ".concat(shown(id));
            if (unprintableIn(event) !== null)
                return { code: "unprintable", part: part };
            for (var _i = 0, _c = objectionsTo({ id: shown(id), event: event, child: child, context: context }); _i < _c.length; _i++) {
                var one = _c[_i];
                if (!isExcused(one, event))
                    return { code: one.code, part: (_a = one.part) !== null && _a !== void 0 ? _a : part };
            }
        }
        for (var name in child.facts) {
            var value = factValue(child.facts, name);
            if (value === null || same(value, factValue(known.facts, name)))
                continue;
            var part = "fact ".concat(shown(name));
            if (unprintableIn(value, name) !== null)
                return { code: "unprintable", part: part };
            var one = objectionsToFact(name, child, context)[0];
            if (one)
                return { code: one.code, part: (_b = one.part) !== null && _b !== void 0 ? _b : part };
        }
        return null;
    }
    function warningsOf(event, child, context) {
        return objectionsTo({ id: "?", event: event, child: childOf(child), context: context }).filter(function (_a) {
            var excusable = _a.excusable;
            return excusable === true;
        }).map(function (_a) {
            var code = _a.code;
            return code;
        });
    }
    function denialOfDocument(after, before, context) {
        if (after._deleted === true)
            return null;
        var old = isObject(before) && before._deleted !== true ? before : null;
        if (after.type === "child")
            return denialOf(old, after, context);
        var bad = unprintableIn(after);
        if (bad !== null)
            return { code: "unprintable", part: "field ".concat(shown(bad)) };
        return after.type === "stock" && old === null ? denialOfMove(after, context) : null;
    }
    return __toCommonJS(bundle_exports);
})();
