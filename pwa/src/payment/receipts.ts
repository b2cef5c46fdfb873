/**
 * Numbers of receipts (票据号): the device's mark and a serial of its own, never given twice. A serial
 * that was taken and not used stays a gap; it is not given again.
 */
import type { Keep } from '../storage/keep.ts';

const KEY = 'miaopu.receipts.';
const MARK = 6;
export const NUMBER = /^([0-9A-Z]{4,12})-([0-9]{6})$/;

/** The mark of a device, from the end of its random id. */
export const markOf = (station: string): string => station.slice(-MARK);

/** The serial of a number with this mark; null of another device's. */
export function serialOf(number: string, mark: string): number | null {
  const parts = NUMBER.exec(number);
  return parts?.[1] === mark ? Number(parts[2]) : null;
}

/** What the device has kept; null when it has kept nothing. */
export function keptSerial(keep: Keep, mark: string): number | null {
  const value = Number(keep.getItem(KEY + mark) ?? Number.NaN);
  return Number.isInteger(value) && value >= 0 ? value : null;
}

/**
 * Takes the next number: after what was kept and after every number that is `known` of this device,
 * whose storage may have been emptied since. Kept before it is given.
 */
export function takeNumber(keep: Keep, mark: string, known: readonly string[]): string {
  const used = known.map((number) => serialOf(number, mark) ?? 0);
  const next = Math.max(keptSerial(keep, mark) ?? 0, ...used) + 1;
  keep.setItem(KEY + mark, String(next));
  return `${mark}-${String(next).padStart(6, '0')}`;
}
