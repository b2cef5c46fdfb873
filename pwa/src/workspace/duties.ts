/**
 * What this device does for the county beside the children (日常任务): reports what is refused, tells how
 * it stands, and reserves numbers.
 */
import { isChildId } from '../case/document.ts';
import { readChild } from '../case/leaves.ts';
import { clinic, pathOf } from '../ids/place.ts';
import type { Problem } from '../models/generated.ts';
import type { DeviceReport } from '../sync/engine.ts';
import type { Denial } from '../sync/outbox.ts';
import type { Puller } from '../sync/pull.ts';
import { SyncFault } from '../sync/server.ts';
import type { ClinicParts, Provenance } from './clinic.ts';
import type { Numbers } from './numbers.ts';
import type { Repository } from './repository.ts';

/** Reports what is refused as `problem:` documents, and what is settled of it; true when it has written. */
export async function reportDenials(
  { store, documents, clock, catchUp }: ClinicParts,
  provenance: () => Provenance,
  refused: readonly Denial[],
  settled: readonly Denial[],
): Promise<boolean> {
  let written = false;
  const write = async (denial: Denial, resolved: boolean) => {
    const { id, rev, part, reason, problem, at } = denial;
    // A report that is refused itself is shown here and not reported on; a child is reported on
    // once it is known what of it is refused.
    if (id.startsWith('problem:') || (part === null && isChildId(id))) return;
    const _id = `problem:${problem}`;
    const known = documents.get<Problem>(_id);
    if (known ? !resolved || known.resolved_at : resolved) return;
    written = true;
    await store.put({
      ...(known ?? {
        _id,
        type: 'problem',
        document: id,
        revision: rev,
        reason: reason.slice(0, 2000),
        ...provenance(),
        at,
      }),
      ...(resolved && { resolved_at: clock.instant() }),
    });
  };
  for (const denial of refused) await write(denial, denial.withdrawn ?? false);
  for (const denial of settled) await write(denial, true);
  if (written) await catchUp();
  return written;
}

/** Writes how this device stands, at the server. */
export async function tellCounty(
  parts: ClinicParts,
  puller: Puller,
  { syncedAt, pending, refused }: DeviceReport,
  signal: AbortSignal,
): Promise<void> {
  const { server, documents, clock, catchUp, reported, site, station, stationName, app } = parts;
  const deviceId = `device:${station}`;
  const path = `${pathOf(clinic(site))}/${encodeURIComponent(deviceId)}`;
  const write = async () => {
    const _rev = documents.get(deviceId)?._rev;
    await server.json(path, {
      method: 'PUT',
      signal,
      body: {
        _id: deviceId,
        ...(_rev && { _rev }),
        type: 'device',
        site,
        name: stationName(),
        app,
        synced_at: syncedAt,
        pending,
        refused,
        offset_ms: clock.offset() ?? 0,
      },
    });
  };
  const bring = async () => {
    await puller.fetch([deviceId], signal);
    await catchUp();
  };
  try {
    await write();
  } catch (error) {
    if (!(error instanceof SyncFault) || error.status !== 409) throw error;
    await bring();
    await write();
  }
  await bring();
  await reported();
}

/** Reserves numbers, and gives them to children who were registered while this device held none. */
export async function reserveNumbers(
  { clock, index, site, store }: ClinicParts,
  numbers: Numbers,
  repository: Repository,
  signal: AbortSignal,
): Promise<void> {
  const year = Number(clock.today().slice(0, 4));
  const wanting = index
    .rows()
    // 儿童编码 are children's: an adult waits for none.
    .filter(
      (row) => !row.adult && row.code === null && row.site === site && row.birthDate !== null,
    );
  const years = wanting.map((row) => Number((row.birthDate as string).slice(0, 4)));
  await numbers.reserve([year, year - 1, ...years], signal);
  for (const { id, birthDate } of wanting) {
    await numbers.next(Number((birthDate as string).slice(0, 4)), async (code) => {
      const child = await readChild(store.db, id);
      if (code && child && !child.facts.child_code?.value) {
        await repository.setFacts(id, { child_code: code });
      }
    });
  }
}
