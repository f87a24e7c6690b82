import { expect } from 'chai';
import supertest from 'supertest';
import { publishedSchemas } from '../../scripts/asyncapi/document.ts';
import { type Api, apiOf, RULES, type RuleName } from '../support/api-rules.ts';
import { testApp } from '../support/http.ts';

/** What breaks a rule and why it may, by its place. One that breaks it no longer has to go. */
const EXCEPTIONS: Partial<Record<RuleName, Readonly<Record<string, string>>>> = {
  'a field `at` or `…At` is an instant': {
    'HttpJobSnapshot.resolvedParameters.at': 'a JSON pointer: the place of the parameter, as spec.md names it',
    'WorkerJobSnapshot.resolvedParameters.at': 'as in a request',
    'Preview.request.resolvedParameters.at': 'as in an execution',
    'Preview.work.resolvedParameters.at': 'as in an execution',
  },
  'a duration is shown in milliseconds, in a field `…Ms`': {
    'getUpcomingSlots.query.minutes': 'a number of whole minutes, each of which is counted by itself',
  },
  'a field `id` or `…Id` is an integer; a request may give a name': {
    'TaskInput.auth.clientId': 'a term of OAuth',
    'HttpJob.taskConfig.auth.clientId': 'a term of OAuth',
    'Operation.correlationId': 'what a request was given as X-Request-Id',
    'Operation.filter.correlationId': 'what a request was given as X-Request-Id',
    'HistoryEntry.requestId': 'what a request was given as X-Request-Id',
    'AuditEntry.requestId': 'what a request was given as X-Request-Id',
    'Execution.engineId': 'an engine names itself',
    'Statistics.engines.engineId': 'an engine names itself',
    'AlertNotification.id': 'a notification is made outside the log, which gives out the integers',
    'LastNotification.id': 'a notification is made outside the log, which gives out the integers',
    'Worker.id': 'a worker names itself',
    'Queue.workers.id': 'a worker names itself',
    'EngineRelease.logId': 'a log is known by a UUID, that two logs never share one',
  },
  'a field `by` or `…By` is the name of an actor': {
    'AlertRule.receivers.signedBy': 'the application whose secret signs',
    'AlertNotification.deliveries.receiver.signedBy': 'the application whose secret signs',
    'ReceiverTest.receiver.signedBy': 'the application whose secret signs',
    'LastNotification.deliveries.receiver.signedBy': 'the application whose secret signs',
    'setAlertRule.body.receivers.signedBy': 'the application whose secret signs',
  },
  'what something is in is its `status`; only jobs have a `state`, which follows from much else': {
    'endSignIn.query.state': 'a term of OpenID Connect',
    'Operation.filter.state': 'a filter of jobs',
    'Projection.build.phase': 'a step of one build, beside the status of the projection',
  },
  'a parameter that takes an id is `id` or `…Id`, with what has the id': {
    'completeExecution.query.job': 'the service writes this URL itself',
    'heartbeatExecution.query.job': 'the service writes this URL itself',
  },
  'an `outcome` is that of a slot; of a call it is the `status`': {
    'JobSummary.slots.outcome': 'of a slot that fired, the status of its execution',
    'AuditEntry.outcome': 'of a request: done or rejected',
    'listAudit.query.outcome': 'of a request: done or rejected',
  },
  'a field `…By` has its `…At` beside it': {
    'Operation.filter.createdBy': 'a filter',
    'AlertRule.receivers.signedBy': 'the application whose secret signs',
    'AlertNotification.deliveries.receiver.signedBy': 'the application whose secret signs',
    'ReceiverTest.receiver.signedBy': 'the application whose secret signs',
    'LastNotification.deliveries.receiver.signedBy': 'the application whose secret signs',
    'Session.session.signedInBy': 'a way, and no actor',
  },
  'a resource with `updatedAt` has `createdAt`': {
    'Variable.updatedAt': 'a value that is set is the only one that is known; its history has the first',
    'Secret.updatedAt': 'a value that is set is the only one that is known; its history has the first',
    'Limit.updatedAt': 'a value that is set is the only one that is known; its history has the first',
    'TlsSettings.updatedAt': 'a value that is set is the only one that is known; its history has the first',
    'CalendarSummary.updatedAt': 'a value that is set is the only one that is known; its history has the first',
    'Calendar.updatedAt': 'a value that is set is the only one that is known; its history has the first',
    'CalendarResult.updatedAt': 'a value that is set is the only one that is known; its history has the first',
    'SavedView.updatedAt': 'a value that is set is the only one that is known; its history has the first',
    'AllowedTargets.updatedAt': 'a value that is set is the only one that is known; its history has the first',
    'Projection.live.updatedAt': 'when it last took events: nobody made it',
    'Projection.building.updatedAt': 'when it last took events: nobody made it',
  },
  'a `jobId` has its `jobName` beside it': {
    'JobSummary.jobId': 'the asker has the jobs, and asks by their ids',
    'ExplainReport.faultySlots.jobId': 'an audit of the log alone, in which a name may be any',
    'ExplainReport.unreadable.jobId': 'an audit of the log alone: what names the job cannot be read',
  },
  'a `jobId` has its `applicationId` beside it': {
    'JobSummary.jobId': 'the asker has the jobs, and asks by their ids',
    'ExplainReport.faultySlots.jobId': 'an audit of the log alone, which names what it finds by the ids of events',
    'ExplainReport.unreadable.jobId': 'an audit of the log alone: what names the job cannot be read',
  },
  'an `applicationId` has its `applicationName` beside it': {
    'Operation.filter.applicationId': 'a filter',
    'Work.applicationId': 'the one of the path',
    'AuditEntry.of.applicationId': 'it may be gone by now',
    'rotateSecrets.200.failed.applicationId': 'its data key is meant, which the log knows by the id',
    'eraseApplicationSecrets.200.applicationId': 'the one of the path',
  },
  'a verb answers with its statuses': {
    completeExecution: '204: a target is told nothing of the execution',
    heartbeatExecution: '204: a target is told nothing of the execution',
    cancelOperation: '202: what is under way still ends, and the operation shows when',
    eraseTenant: '202: it takes a while, and shows how far it is',
    signIn: '204: the answer is the cookie',
    signInAtProvider: '303: a browser is sent on',
  },
  'a list pages by `limit` and `cursor`': {
    listJobSummaries: 'one for each id of the request, which are bounded',
    countJobOccurrences: 'the days of one month',
    countJobOccurrencesByName: 'the days of one month',
    listAlertNotifications: 'the newest ones only are kept',
    listProjections: 'as many as this release has',
  },
  'a value is a word in camel case, or a code': {
    'UpdateJob.taskType': 'the names of kinds of tasks',
    'PreviewJob.taskType': 'the names of kinds of tasks',
  },
  'an error is a problem with a code': { getReadiness: 'a probe gets the same body at 200 and 503' },
};

const ofEach = (types: readonly string[], field: string, why: string): Readonly<Record<string, string>> =>
  Object.fromEntries(types.map((type) => [`scheduler.job.${type}.${field}`, why]));
const ENDS = ['accepted', 'attempt.failed', 'succeeded', 'failed', 'cancelled'].map((end) => `execution.${end}`);
const EXCEPTIONS_OF_FEED: typeof EXCEPTIONS = {
  'a field `at` or `…At` is an instant': ofEach(
    [...ENDS, 'execution.offered'],
    'jobSnapshot.resolvedParameters.at',
    'as in the API',
  ),
  'a field `id` or `…Id` is an integer; a request may give a name': {
    ...ofEach(['created', 'updated', 'deleted'], 'taskConfig.auth.clientId', 'a term of OAuth'),
    ...ofEach(['execution.started'], 'engineId', 'an engine names itself'),
  },
};

/** A violation of each rule that has no exceptions, as the value to set at a path of the description. */
const FAULTS: Partial<Record<RuleName, readonly [path: string, value: unknown]>> = {
  'a field `…Ms` is an integer': ['components schemas Execution properties durationMs', { type: 'string' }],
  'an instant is in a field `…At` or `…Before`, or is one end of a span': [
    'components schemas HttpJob properties due',
    { type: 'string', format: 'date-time' },
  ],
  'a cause is a `because` in plain language, or a `reason`': [
    'components schemas Backfill properties why',
    { type: 'string' },
  ],
  'a preview of a change is requested by `dryRun`': [
    'components schemas HttpCreateJob properties',
    { reason: { type: 'string' }, plan: { type: 'boolean' } },
  ],
  'a field `…Name` is a text': ['components schemas Backfill properties jobName', { type: 'integer' }],
  'who made and changed something is `createdBy` and `updatedBy`, with the time beside it': [
    'components schemas Application properties changedBy',
    { type: 'string' },
  ],
  'an operation has a summary and a tag': ['paths /jobs get summary', undefined],
  'an operation states its permission, or that it needs no token': ['paths /jobs get description', ''],
  'a change with a body accepts the `reason` in it': [
    'components schemas HttpCreateJob properties',
    { name: { type: 'string' } },
  ],
  'a 201 and a 202 have a `Location`': ['paths /jobs post responses 201 headers', {}],
  'the link to a next page is with a list that pages': ['paths /jobs get responses 200 headers', {}],
};

const breaches = (rule: RuleName, api: Api): readonly string[] => [...new Set(RULES[rule](api))];

/** A copy of the description with a value put in. */
const withFault = (document: object, [path, value]: readonly [path: string, value: unknown]): object => {
  const copy: object = structuredClone(document);
  const keys = path.split(' ');
  const holder = keys.slice(0, -1).reduce((at: object, key) => Object(Reflect.get(at, key)), copy);
  Reflect.set(holder, keys.at(-1) ?? '', value);
  return copy;
};

describe('the shape of the API', () => {
  let document: object;
  let api: Api;
  before(async () => {
    const { body } = await supertest(testApp().app).get('/_/scheduler/openapi.json').expect(200);
    document = body;
    api = apiOf(document);
  });

  for (const rule of Object.keys(RULES).filter((name): name is RuleName => name in RULES)) {
    describe(rule, () => {
      it('holds except for known exceptions', () => {
        expect(breaches(rule, api)).to.have.members(Object.keys(EXCEPTIONS[rule] ?? {}));
      });

      it('finds violations', () => {
        const fault = FAULTS[rule];
        if (fault === undefined)
          return expect(EXCEPTIONS[rule], 'proof that the rule finds violations').not.to.equal(undefined);
        const faulty = apiOf(withFault(document, fault));
        expect(breaches(rule, faulty).length).to.be.greaterThan(breaches(rule, api).length);
      });
    });
  }
});

describe('the shape of the feed', () => {
  const api = apiOf({ paths: {}, components: { schemas: publishedSchemas() } });
  for (const rule of Object.keys(RULES).filter((name): name is RuleName => name in RULES)) {
    it(`follows the rule of the API: ${rule}`, () => {
      expect(breaches(rule, api)).to.have.members(Object.keys(EXCEPTIONS_OF_FEED[rule] ?? {}));
    });
  }
});
