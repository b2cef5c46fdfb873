/** Small texts that outlive the page: what `localStorage` offers of itself. */
export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}
