/** What the server runs of this folder in V8: texts in, texts out. See backend/miaopu/schedule. */
import type { ChildDoc } from '../case/document.ts';
import { type CatalogPart, changeOf, check, type Proposal } from './programme.ts';
import { Trial } from './trial.ts';

interface Asked {
  catalog: CatalogPart;
  proposal: Proposal;
  region: string;
  today: string;
}

/** The problems of what is proposed. */
export function checked(asked: string): string {
  const { catalog, proposal, region, today } = JSON.parse(asked) as Asked;
  return JSON.stringify(check(catalog, proposal, region, today));
}

/** What is proposed, tried on children. */
export class TextTrial {
  private readonly trial: Trial;

  constructor(asked: string) {
    const { catalog, proposal, region, today } = JSON.parse(asked) as Asked;
    this.trial = new Trial(changeOf(catalog, proposal, region, today), today);
  }

  examples(): string {
    return JSON.stringify(this.trial.examples());
  }

  /** Adds children, and tells the sum so far. */
  count(children: string): string {
    return JSON.stringify(this.trial.count(JSON.parse(children) as ChildDoc[]));
  }
}
