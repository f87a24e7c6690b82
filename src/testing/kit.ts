import type { Client } from '../client/client.ts';
import type { Duration } from '../domain/duration.ts';

export type CarillonOptions = {
  /** When its clock begins, in ISO 8601; by default now. */
  readonly now?: string;
  /** Environment variables beside those that it sets itself. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A Postgres whose user may create databases; by default an embedded one, which ends with the last service. */
  readonly postgresUrl?: string;
};

/** A whole service in this process, on a clock that stands until it is moved. Jobs may call targets on this machine. */
export type Carillon = {
  readonly url: string;
  /** Of an administrator of the tenant `default`. It holds for ten years of the clock. */
  readonly token: string;
  /** The API as that administrator. */
  readonly client: Client;
  /** What its clock says, epoch ms. */
  now(): number;
  /** Moves the clock on by so much, such as `2h`. What falls due runs at its own instant, and has settled afterwards. */
  advance(by: Duration): Promise<void>;
  /**
   * Moves the clock on until the promise has settled.
   * @throws Error naming what still waits, where that takes longer than `within`, by default two minutes of the clock
   */
  until<T>(promise: Promise<T>, within?: Duration): Promise<T>;
  stop(): Promise<void>;
};

/** @throws ConfigError where a setting is wrong */
export type StartCarillon = (options?: CarillonOptions) => Promise<Carillon>;
