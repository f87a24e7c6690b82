import type {
  Alert,
  AlertNotification,
  AlertRule,
  AllowedTargets,
  Attention,
  AuditEntry,
  Backfill,
  Calendar,
  CalendarSummary,
  HistoryEntry,
  LastNotification,
  Limit,
  Operation,
  Projection,
  Report,
  SavedView,
  Secret,
  Token,
  Variable,
} from '../../packages/client/src/schema.ts';
import { conditionToText } from '../domain/alert-rule/words.ts';
import { fromNow, relative, seconds, took, viewOf, viewOfList, withInstant } from './table.ts';

import { CHANGED, CHANGED_FIELD, jobText } from './views.ts';

/** Tables of a tenant's resources other than jobs. */

const percent = (part: number): string => `${Math.floor(part * 100)} %`;

type Rule = AlertRule;
const scopeText = ({ scope, of, labels = {} }: Rule): string =>
  [scope, of, ...Object.entries(labels).map((each) => each.join(':'))].filter((each) => each !== undefined).join(' ');
const receiverText = (receiver: Rule['receivers'][number]): string => {
  switch (receiver.type) {
    case 'webhook':
      return receiver.url;
    case 'email':
      return receiver.to;
    case 'slack':
    case 'teams':
    case 'pagerduty':
      return `${receiver.type} ${receiver.secret}`;
  }
};
const receiversText = ({ receivers }: Rule): string => receivers.map(receiverText).join(', ');

const deliveriesText = ({ deliveries }: LastNotification): string =>
  deliveries.map(({ receiver, status }) => `${receiverText(receiver)} ${status}`).join(', ');

const tokenState = ({ revokedAt, expiresAt }: Token, nowMs: number): string => {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && Date.parse(expiresAt) <= nowMs ? 'expired' : 'active';
};

const ofWhat = ({ of: { kind, id, name, path } }: AuditEntry): string =>
  [kind, id, name, path].filter((each) => each !== undefined).join(' ');

type Counts = { readonly succeeded: number; readonly failed: number };
const successRate = ({ succeeded, failed }: Counts): string | undefined =>
  succeeded + failed === 0 ? undefined : percent(succeeded / (succeeded + failed));

export const TENANT_VIEWS = {
  attention: viewOfList<Attention>('jobs', [
    { title: 'JOB', of: jobText },
    { title: 'PROBLEM', of: ({ kind }) => kind, isState: true },
    { title: 'COUNT', of: ({ count }) => count },
    { title: 'SINCE', of: ({ since }, nowMs) => relative(since, nowMs) },
    { title: 'OWNER', of: ({ acknowledgement }) => acknowledgement?.owner },
    { title: 'UNTIL', of: ({ acknowledgement }, nowMs) => fromNow(acknowledgement?.until, nowMs) },
    { title: 'NOTE', of: ({ acknowledgement }) => acknowledgement?.note },
  ]),
  savedViews: viewOfList<SavedView>('views', [
    { title: 'VIEW', of: ({ name }) => name },
    { title: 'FILTERS', of: ({ query }) => query },
    ...CHANGED,
  ]),
  report: viewOfList<Report['jobs'][number]>('jobs', [
    { title: 'JOB', of: jobText },
    { title: 'RUNS', of: ({ runs }) => runs },
    { title: 'SUCCESS', of: successRate },
    { title: 'BEFORE', of: ({ before }) => successRate(before) },
    { title: 'FAILED', of: ({ failed }) => failed },
    { title: 'P95', of: ({ p95Ms }) => p95Ms && took(p95Ms) },
    { title: 'LATE', of: ({ slots }) => slots.late },
    { title: 'SKIPPED', of: ({ slots }) => slots.skipped },
    { title: 'MISSED', of: ({ slots }) => slots.missed },
  ]),
  history: viewOf<HistoryEntry>([
    { title: 'VERSION', of: ({ version }) => version },
    { title: 'WHEN', of: ({ at }, nowMs) => relative(at, nowMs) },
    { title: 'BY', of: ({ actor }) => actor },
    { title: 'ACTION', of: ({ action }) => action },
    { title: 'CHANGES', of: ({ changes }) => changes.map(({ path }) => path).join(' ') },
    { title: 'REASON', of: ({ reason }) => reason },
  ]),
  variables: viewOf<Variable>([
    { title: 'VARIABLE', of: ({ name }) => name },
    { title: 'VALUE', of: ({ value }) => value },
    ...CHANGED,
  ]),
  secrets: viewOf<Secret>([
    { title: 'SECRET', of: ({ name }) => name },
    {
      title: 'FOR',
      of: ({ allowedOrigins = ['any target'], signing, erased }) => {
        if (erased) return 'erased';
        return signing ? 'signing' : allowedOrigins.join(' ');
      },
    },
    ...CHANGED,
  ]),
  limits: viewOf<Limit>([
    { title: 'LIMIT', of: ({ name }) => name },
    { title: 'PARALLEL', of: ({ parallel }) => parallel },
    { title: 'RATE', of: ({ rate }) => rate && `${rate.count}/${rate.per}` },
    ...CHANGED,
  ]),
  calendars: viewOf<CalendarSummary>([
    { title: 'CALENDAR', of: ({ name }) => name },
    { title: 'DATES', of: ({ dateCount }) => dateCount },
    { title: 'DESCRIPTION', of: ({ description }) => description },
    ...CHANGED,
  ]),
  allowedTargets: viewOf<AllowedTargets>([
    { title: 'Targets', of: ({ targets }) => targets.join(' ') || 'none' },
    { title: 'ALLOWED_TARGETS', of: (list) => list.default.join(' ') },
    {
      title: 'Changed',
      of: ({ updatedAt, updatedBy }, nowMs) => updatedAt && `${withInstant(updatedAt, nowMs)}, by ${updatedBy}`,
    },
  ]),
  calendar: viewOf<Calendar>([
    { title: 'Calendar', of: ({ name }) => name },
    { title: 'Description', of: ({ description }) => description },
    { title: 'Dates', of: ({ dates }) => dates.join(' ') },
    CHANGED_FIELD,
  ]),
  alerts: viewOf<Alert>([
    { title: 'JOB', of: jobText },
    { title: 'ALERT', of: ({ summary }) => summary },
    { title: 'SINCE', of: ({ since }, nowMs) => relative(since, nowMs) },
    { title: 'RULE', of: ({ rule }) => rule },
    { title: 'NOTIFIED', of: ({ notification }) => notification && deliveriesText(notification) },
    { title: 'EXECUTION', of: ({ executionId }) => executionId },
  ]),
  rules: viewOf<Rule>([
    { title: 'RULE', of: ({ name }) => name },
    { title: 'CONDITION', of: ({ condition }) => conditionToText(condition) },
    { title: 'SCOPE', of: scopeText },
    { title: 'RECEIVERS', of: receiversText },
    ...CHANGED,
  ]),
  rule: viewOf<Rule>([
    { title: 'Rule', of: ({ name }) => name },
    { title: 'Description', of: ({ description }) => description },
    { title: 'Condition', of: ({ condition }) => conditionToText(condition) },
    { title: 'Scope', of: scopeText },
    { title: 'Receivers', of: receiversText },
    { title: 'Group wait', of: ({ groupWait }) => String(groupWait) },
    { title: 'Repeat at most', of: ({ atMostEvery }) => `every ${atMostEvery}` },
    { title: 'Message', of: ({ message }) => message },
    CHANGED_FIELD,
  ]),
  notifications: viewOf<AlertNotification>([
    { title: 'WHEN', of: ({ at }, nowMs) => relative(at, nowMs) },
    { title: 'ALERTS', of: ({ alerts, more }) => alerts.length + more },
    { title: 'NOTIFIED', of: deliveriesText },
    { title: 'FIRST', of: ({ alerts: [first] }) => first && `${first.jobName}: ${first.summary}` },
    { title: 'ID', of: ({ id }) => id },
  ]),
  tokens: viewOf<Token>([
    { title: 'ID', of: ({ id }) => id },
    { title: 'TOKEN', of: ({ name }) => name },
    { title: 'STATE', of: tokenState, isState: true },
    { title: 'EXPIRES', of: ({ expiresAt }, nowMs) => fromNow(expiresAt, nowMs) || 'never' },
    { title: 'PERMISSIONS', of: ({ permissions }) => permissions.join(' ') },
    { title: 'BY', of: ({ createdBy }) => createdBy },
  ]),
  backfills: viewOf<Backfill>([
    { title: 'ID', of: ({ id }) => id },
    { title: 'STATUS', of: ({ status }) => status, isState: true },
    { title: 'JOB', of: jobText },
    { title: 'DONE', of: ({ succeeded, failed, total }) => `${succeeded + failed} of ${total}` },
    { title: 'FAILED', of: ({ failed }) => failed },
    { title: 'FROM', of: ({ from }) => seconds(from) },
    { title: 'TO', of: ({ to }) => seconds(to) },
    { title: 'BY', of: ({ createdBy }) => createdBy },
  ]),
  operations: viewOf<Operation>([
    { title: 'ID', of: ({ id }) => id },
    { title: 'STATUS', of: ({ status }) => status, isState: true },
    { title: 'ACTION', of: ({ action, of }) => `${action} ${of}` },
    { title: 'DONE', of: ({ done, total }) => (total === undefined ? done : `${done} of ${total}`) },
    {
      title: 'REJECTED',
      of: ({ rejected }) =>
        Object.entries(rejected)
          .map((each) => each.join(' '))
          .join(', '),
    },
    { title: 'CREATED', of: ({ createdAt }, nowMs) => relative(createdAt, nowMs) },
    { title: 'BY', of: ({ createdBy }) => createdBy },
    { title: 'REASON', of: ({ reason }) => reason },
    { title: 'ERROR', of: ({ error }) => error && `${error.code}: ${error.message}` },
  ]),
  audit: viewOf<AuditEntry>([
    { title: 'WHEN', of: ({ at }, nowMs) => relative(at, nowMs) },
    { title: 'BY', of: ({ actor, from }) => actor ?? from },
    { title: 'ACTION', of: ({ action }) => action },
    { title: 'RESOURCE', of: ofWhat },
    { title: 'OUTCOME', of: ({ outcome, code }) => code ?? outcome },
    { title: 'REASON', of: ({ reason }) => reason },
  ]),
  projections: viewOf<Projection>([
    { title: 'READ MODEL', of: ({ name }) => name },
    { title: 'STATUS', of: ({ status }) => status, isState: true },
    { title: 'PROGRESS', of: ({ live }) => live && percent(live.progress) },
    { title: 'CHANGED', of: ({ live }, nowMs) => fromNow(live?.updatedAt, nowMs) },
    { title: 'REBUILD', of: ({ building }) => building && percent(building.progress) },
    { title: 'PARKED', of: ({ parked }) => parked.length || '' },
    { title: 'ERROR', of: ({ stopped }) => stopped?.reason },
  ]),
};
