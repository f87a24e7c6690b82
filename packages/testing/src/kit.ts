export type CarillonOptions = {
  /** Start of its clock, in ISO 8601; by default now. */
  readonly now?: string;
  /** Environment variables in addition to those that the kit sets. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A Postgres with a user that can create databases; by default an embedded one, which ends with the last service. */
  readonly postgresUrl?: string;
};

/** A service on a clock that moves only on request. */
export type StartedCarillon = {
  readonly url: string;
  /** Token of an administrator of the tenant `default`, valid for ten years of the clock. */
  readonly token: string;
  /** Time of its clock, epoch ms. */
  now(): number;
  /** Advances the clock, such as by `2h`. Due work runs at its own instant and has settled afterwards. */
  advance(by: string | number): Promise<void>;
  /**
   * Advances the clock until the promise has settled.
   * @throws Error naming what still waits, if that takes longer than `within`, by default two minutes of the clock
   */
  until<T>(promise: Promise<T>, within?: string | number): Promise<T>;
  stop(): Promise<void>;
};
