import { gathered, type Words } from './words.ts';

export default gathered(
  import.meta.glob<Words>('../*/words.en.json', { eager: true, import: 'default' }),
);
