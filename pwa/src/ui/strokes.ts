/**
 * A signature on glass (手写签名) as data: the movements of a pen, never a picture.
 *
 * Written as a version, then for each stroke the number of its points and the way from point to
 * point, in numbers of base64url digits: five bits each, and one that says that another follows.
 * Points lie on a grid of {@link GRID_WIDTH} × {@link GRID_HEIGHT}.
 */

export interface Point {
  x: number;
  y: number;
}
export type Stroke = readonly Point[];

export const GRID_WIDTH = 600;
export const GRID_HEIGHT = 200;
/** What a consent may hold (`miaopu.models.visits.Strokes`). */
export const MOST_SIGNS = 4000;

const VERSION = 'A';
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUE = new Map([...DIGITS].map((digit, value) => [digit, value]));

function number(value: number): string {
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  let text = '';
  do {
    const digit = rest % 32;
    rest = Math.floor(rest / 32);
    text += DIGITS[rest > 0 ? digit + 32 : digit];
  } while (rest > 0);
  return text;
}

function written(strokes: readonly Stroke[]): string {
  let [x, y] = [0, 0];
  let text = VERSION;
  for (const stroke of strokes) {
    text += number(stroke.length);
    for (const point of stroke) {
      text += number(point.x - x) + number(point.y - y);
      ({ x, y } = point);
    }
  }
  return text;
}

const onGrid = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(value)));

/** How far a point lies from the line between two others. */
function distance({ x, y }: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy);
  if (length === 0) return Math.hypot(x - a.x, y - a.y);
  return Math.abs(dy * (x - a.x) - dx * (y - a.y)) / length;
}

/** A stroke without the points that lie within `tolerance` of the line through the others. */
function thinned(stroke: Stroke, tolerance: number): Point[] {
  const kept = new Set([0, stroke.length - 1]);
  const parts: [number, number][] = [[0, stroke.length - 1]];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const [from, to] = part;
    let [farthest, most] = [-1, tolerance];
    for (let at = from + 1; at < to; at++) {
      const away = distance(stroke[at] as Point, stroke[from] as Point, stroke[to] as Point);
      if (away > most) [farthest, most] = [at, away];
    }
    if (farthest < 0) continue;
    kept.add(farthest);
    parts.push([from, farthest], [farthest, to]);
  }
  return stroke.filter((_, at) => kept.has(at));
}

/** Pixels wider than the pen's own line do not matter to the eye. */
const FIRST_TOLERANCE = 0.7;

/**
 * Strokes as text, for a pad of this size; coarser where a long signature would not fit in. Empty
 * where nothing was drawn.
 */
export function encodeStrokes(
  strokes: readonly Stroke[],
  width = GRID_WIDTH,
  height = GRID_HEIGHT,
): string {
  const drawn = strokes
    .filter((stroke) => stroke.length > 0)
    .map((stroke) =>
      stroke.map(({ x, y }) => ({
        x: onGrid((x * GRID_WIDTH) / width, GRID_WIDTH),
        y: onGrid((y * GRID_HEIGHT) / height, GRID_HEIGHT),
      })),
    );
  if (drawn.length === 0) return '';
  let thin = drawn.map((stroke) => thinned(stroke, FIRST_TOLERANCE));
  for (let tolerance = 2 * FIRST_TOLERANCE; tolerance < GRID_WIDTH; tolerance *= 2) {
    const text = written(thin);
    if (text.length <= MOST_SIGNS) return text;
    thin = thin.map((stroke) => thinned(stroke, tolerance));
  }
  // Hundreds of single dots are no signature: the first of them stand.
  while (written(thin).length > MOST_SIGNS) thin.length = Math.floor(thin.length * 0.9);
  return written(thin);
}

/** The strokes of a text on the grid; null where it is not one of ours. */
export function decodeStrokes(text: string): Stroke[] | null {
  if (!text.startsWith(VERSION)) return null;
  let at = VERSION.length;
  const next = (): number | null => {
    let [value, scale] = [0, 1];
    for (;;) {
      const digit = VALUE.get(text[at++] ?? '');
      if (digit === undefined || scale > 2 ** 30) return null;
      value += (digit % 32) * scale;
      scale *= 32;
      if (digit < 32) return value % 2 ? -(value + 1) / 2 : value / 2;
    }
  };
  const strokes: Stroke[] = [];
  let [x, y] = [0, 0];
  while (at < text.length) {
    const count = next();
    if (count === null || count < 1 || count > text.length) return null;
    const stroke: Point[] = [];
    for (let n = 0; n < count; n++) {
      const [dx, dy] = [next(), next()];
      if (dx === null || dy === null) return null;
      x += dx;
      y += dy;
      stroke.push({ x, y });
    }
    strokes.push(stroke);
  }
  return strokes;
}

/** The `d` of an SVG path over `viewBox="0 0 600 200"`; a dot is a line of no length with round ends. */
export function strokesPath(strokes: readonly Stroke[]): string {
  return strokes
    .map((stroke) => {
      const [first, ...rest] = stroke.map(({ x, y }) => `${x} ${y}`);
      return `M${first}${(rest.length ? rest : [first]).map((point) => `L${point}`).join('')}`;
    })
    .join('');
}
