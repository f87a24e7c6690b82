import { z } from 'zod';
import { DomainEvent } from '../../../src/domain/events/index.ts';
import type { Schema } from './unreadable.ts';

/** What is stored of events now: a schema with one choice a type. */
export const schemaNow = (): Schema =>
  JSON.parse(JSON.stringify(z.toJSONSchema(DomainEvent, { io: 'input', unrepresentable: 'any', reused: 'ref' })));
