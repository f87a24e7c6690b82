/**
 * The right to do something that one process does for all. It only saves work: what keeps anything from being recorded
 * twice is the revision that an append expects.
 */
export type Lease = {
  /** Aborts when another process may have taken the lease. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
};

export type Leases = {
  /** Takes a lease; undefined while another process has it. */
  tryTake(name: string): Promise<Lease | undefined>;
};
