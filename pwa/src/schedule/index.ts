/** The schedule engine's public face. See types.ts for the shapes. */
export * from './types.ts';
