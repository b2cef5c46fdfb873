/** What wakes the sync (唤醒): somebody asks for a round now. */
export interface Alarm {
  /** Ends what is slept or listened through; where nothing is, the next sleep is none. */
  kick(): void;
  /** Was it kicked since the last round began? */
  kicked(): boolean;
  /** A round begins: it answers all that was asked until now. */
  heed(): void;
  /** What is to be done when it rings; returns how to stop that. */
  onRing(ring: () => void): () => void;
  /** Resolves after `ms` (null: never), when it rings, or when the signal goes off. */
  sleep(ms: number | null, signal: AbortSignal): Promise<void>;
}

export function createAlarm(): Alarm {
  let ring: () => void = () => {};
  let kicked = false;
  const onRing = (now: () => void) => {
    ring = now;
    return () => {
      ring = () => {};
    };
  };
  return {
    kick() {
      kicked = true;
      ring();
    },
    kicked: () => kicked,
    heed() {
      kicked = false;
    },
    onRing,
    sleep: (ms, signal) =>
      new Promise<void>((resolve) => {
        if (kicked || signal.aborted) return resolve();
        const timer = ms === null ? undefined : setTimeout(done, ms);
        const silence = onRing(done);
        function done() {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          silence();
          resolve();
        }
        signal.addEventListener('abort', done);
      }),
  };
}
