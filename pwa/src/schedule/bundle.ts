/** What the bundle of the engine holds: its public face, and answers to lines for Python. */
export { Answerer } from './batch.ts';
export * from './index.ts';
