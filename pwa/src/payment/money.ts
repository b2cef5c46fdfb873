/** Money in fen (分), as people type and read it in yuan. */

const YUAN = /^(\d{1,7})(?:[.。](\d{1,2}))?$/;

/** `12.5` → 1250; null when it is no amount. */
export function fenOf(text: string): number | null {
  const parts = YUAN.exec(text.normalize('NFKC').trim());
  if (!parts) return null;
  return Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0'));
}

/** 1250 → `12.50`; what was given back has a minus. */
export function yuan(fen: number): string {
  const whole = Math.abs(fen);
  return `${fen < 0 ? '-' : ''}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`;
}
