import type { AlertRule } from '../../src/domain/events/index.ts';

/** A rule of acme for all its jobs, with one receiver. */
export const aRule = (other: Partial<AlertRule> = {}): AlertRule => ({
  tenant: 'acme',
  name: 'failing',
  scope: 'tenant',
  condition: { kind: 'failures', count: 3 },
  receivers: [{ type: 'email', to: 'ops@example.com' }],
  groupWait: '30s',
  atMostEvery: '5m',
  maintenance: [],
  createdAt: '2026-03-02T08:00:00.000Z',
  createdBy: 'ann',
  updatedAt: '2026-03-02T08:00:00.000Z',
  updatedBy: 'ann',
  ...other,
});
