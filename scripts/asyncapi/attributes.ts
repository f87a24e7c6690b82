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
    ce_id: text('Id of the event; the same in every topic and every replay.'),
    ce_source: text('Which log the event is of.', { format: 'uri' }),
    ce_type: text('What happened.'),
    ce_subject: text('jobs/<id> or jobs/<id>/executions/<id>.'),
    ce_time: text('When it was recorded.', { format: 'date-time' }),
    ce_tenant: text('Whose job it is.'),
    ce_sequence: text('Place in the log. As text it sorts in the order of events of one ce_source.'),
    ce_correlationid: text('Shared by all that one request or one slot brought about.'),
    ce_actor: text('Who caused it.'),
    ce_actortype: text('What kind of actor that is.', { enum: [...ACTOR_TYPES] }),
    ce_traceparent: text('W3C trace context.'),
    ce_labels: text("The job's labels, as a JSON object of texts."),
  },
} as const;
