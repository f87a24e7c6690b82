import type { Application, EventOf } from '../../src/domain/events/index.ts';
import type { Sealed } from '../../src/domain/values.ts';
import { bornAt } from './jobs.ts';

/** An application without variables or secrets, unless a test sets them. */
export const anApplication = (other: Partial<Application> = {}): Application => ({
  applicationId: 3,
  tenant: 'acme',
  name: 'crm',
  displayName: 'CRM',
  createdAt: bornAt,
  createdBy: 'ann',
  updatedAt: bornAt,
  updatedBy: 'ann',
  ...other,
});

export const applicationCreated = (other: Partial<Application> = {}): EventOf<'ApplicationCreated'> => ({
  type: 'ApplicationCreated',
  data: anApplication(other),
});

/** A fake sealed value. */
export const sealedAs = (fingerprint: string, generation = 1): Sealed => ({
  $sealed: { generation, box: `box of ${fingerprint}`, fingerprint },
});
