import { AcknowledgeJob, decideAcknowledgeJob, decideEndAcknowledgement } from '../../../src/commands/closures.ts';
import type { Acknowledgement, AcknowledgementEvent, Actor } from '../../../src/domain/events/index.ts';
import { specOf } from '../../support/given.ts';

const { given } = specOf<Acknowledgement | undefined, AcknowledgementEvent>(undefined, (_state, event) =>
  event.type === 'JobAcknowledged' ? event.data : undefined,
);
const at = '2026-03-02T10:00:00.000Z';
const nowMs = Date.parse(at);
const bob: Actor = { type: 'user', name: 'bob' };
const of = { jobId: 7, tenant: 'acme', applicationId: 2 };
const acknowledged = (other: Partial<Acknowledgement> = {}): AcknowledgementEvent => ({
  type: 'JobAcknowledged',
  data: { ...of, owner: 'bob', acknowledgedAt: at, acknowledgedBy: 'bob', ...other },
});

describe('acknowledge job', () => {
  const acknowledge = (input: object) => () =>
    decideAcknowledgeJob({ ...of, actor: bob, input: AcknowledgeJob.parse(input) }, nowMs);

  it('names its author as owner by default', () => {
    given().when(acknowledge({})).then(acknowledged());
    given()
      .when(acknowledge({ owner: 'ann', note: 'Asked the DBA' }))
      .then(acknowledged({ owner: 'ann', note: 'Asked the DBA' }));
  });
  it('records an end that is given as a duration or an instant', () => {
    given()
      .when(acknowledge({ until: '2h' }))
      .then(acknowledged({ until: '2026-03-02T12:00:00.000Z' }));
    given()
      .when(acknowledge({ until: '2026-03-02T12:00:00+01:00' }))
      .then(acknowledged({ until: '2026-03-02T11:00:00.000Z' }));
    given()
      .when(acknowledge({ until: at }))
      .thenRejected('UNTIL_IN_PAST', ['/until']);
  });
  it('is recorded again, because the problem may be another one', () => {
    const before = acknowledged({ acknowledgedAt: '2026-03-01T10:00:00.000Z' });
    given(before).when(acknowledge({})).then(acknowledged());
  });
});

describe('end acknowledgement', () => {
  const end =
    (tenant = 'acme') =>
    (state: Acknowledgement | undefined) =>
      decideEndAcknowledgement({ jobId: 7, tenant }, state);

  it('keeps no note', () => {
    const { data } = acknowledged();
    given(acknowledged({ note: 'Asked the DBA' }))
      .when(end())
      .then({ type: 'AcknowledgementEnded', data });
  });
  it('is rejected if there is none, and for other tenants', () => {
    given().when(end()).thenRejected('ACKNOWLEDGEMENT_NOT_FOUND');
    given(acknowledged()).when(end('globex')).thenRejected('ACKNOWLEDGEMENT_NOT_FOUND');
  });
});
