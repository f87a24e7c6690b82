import { ACTOR_TYPES } from '../../src/domain/events/index.ts';

const text = (description: string, more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'string',
  description,
  ...more,
});

/** JSON Schema of a message's headers. */
export const ATTRIBUTES = {
  type: 'object',
  required: [
    'content-type',
    'ce_specversion',
    'ce_id',
    'ce_source',
    'ce_type',
    'ce_subject',
    'ce_time',
    'ce_tenant',
    'ce_sequence',
    'ce_correlationid',
    'ce_actor',
    'ce_actortype',
  ],
  properties: {
    'content-type': { const: 'application/json' },
    ce_specversion: { const: '1.0' },
    ce_id: text('Event id, the same in every topic and every replay.'),
    ce_source: text('The log that contains the event.', { format: 'uri' }),
    ce_type: text('What happened.'),
    ce_subject: text('jobs/<id> or jobs/<id>/executions/<id>.'),
    ce_time: text('When the event was recorded.', { format: 'date-time' }),
    ce_tenant: text('Tenant of the job.'),
    ce_sequence: text('Position in the log. Sorted as text, the events of one ce_source are in order.'),
    ce_correlationid: text('The same for all events that one request or one slot caused.'),
    ce_actor: text('Who caused the event.'),
    ce_actortype: text('Kind of actor.', { enum: [...ACTOR_TYPES] }),
    ce_traceparent: text('W3C trace context.'),
    ce_labels: text("The job's labels, as a JSON object with string values."),
  },
} as const;
