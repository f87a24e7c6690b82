import { createHash } from 'node:crypto';
import type { Tenant } from '../../../domain/values.ts';

/** Hexadecimal digits of a key that name its stream: there are 4,096 streams, however many keys. */
const STREAM_DIGITS = 3;

/** Two tenants' equal keys are different keys; the caller's own text is not kept. */
export const requestKey = (tenant: Tenant, asGiven: string): string => hash([tenant, asGiven]);

/** The key under which a part of a large answer is kept. */
export const partKey = (key: string, part: number): string => hash([key, part]);

export const requestStream = (key: string): string => `requests-${key.slice(0, STREAM_DIGITS)}`;

/** The digits of a key that differ within its stream. */
export const digitsOf = (key: string): string => key.slice(STREAM_DIGITS);

const hash = (parts: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');
