/**
 * A reserve of room on the device's disk (预留空间): a file that is given up when the disk is full, so
 * that what is recorded still finds room, and that cannot be made again while room is short. Browsers
 * tell a quota that has nothing to do with how full the disk is.
 */

/** Bytes: a clinic's doses of many days. */
const SIZE = 8 * 1024 * 1024;
const FILE = 'reserve';

async function folder(): Promise<FileSystemDirectoryHandle | null> {
  return (await navigator.storage?.getDirectory?.()) ?? null;
}

/** Makes the reserve where it is not there; false when there is no room for it. Never throws. */
export async function keepReserve(): Promise<boolean> {
  try {
    const root = await folder();
    // A browser without files of its own: what it says of its quota has to do.
    if (!root) return true;
    const handle = await root.getFileHandle(FILE, { create: true });
    if ((await handle.getFile()).size >= SIZE) return true;
    const writing = await handle.createWritable();
    try {
      await writing.write(new Uint8Array(SIZE));
      await writing.close();
      return true;
    } catch {
      await writing.abort().catch(() => {});
      await root.removeEntry(FILE).catch(() => {});
      return false;
    }
  } catch (error) {
    // Not a matter of room, as in a private window.
    return (error as DOMException).name !== 'QuotaExceededError';
  }
}

/** Gives the reserve up. Never throws. */
export async function releaseReserve(): Promise<void> {
  try {
    await (await folder())?.removeEntry(FILE);
  } catch {
    // It was given up already.
  }
}
