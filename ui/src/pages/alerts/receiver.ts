import type { AlertRule } from '../../../../packages/client/src/schema.ts';

export type Receiver = AlertRule['receivers'][number];

/** Types that are called with a secret of an application, and their names. */
export const SECRET_TYPES = [
  ['slack', 'Slack'],
  ['teams', 'Teams'],
  ['pagerduty', 'PagerDuty'],
] as const;
export type SecretType = (typeof SECRET_TYPES)[number][0];

/** Describes a receiver by its distinguishing field. */
export const formatReceiver = (receiver: Receiver): string => {
  switch (receiver.type) {
    case 'webhook':
      return receiver.url;
    case 'email':
      return receiver.to;
    case 'slack':
    case 'teams':
    case 'pagerduty':
      return `${SECRET_TYPES.find(([type]) => type === receiver.type)?.[1]} (${receiver.secret})`;
  }
};
