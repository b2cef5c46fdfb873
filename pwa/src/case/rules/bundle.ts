/** What is compiled for the databases and for the server: see `scripts/build-rules.mjs`. */
export { denialOf, denialOfDocument, warningsOf } from './rules.ts';
