import { z } from 'zod';
import { SetAlertRule } from '../../commands/alert-rule/alert-rule-input.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { AlertRuleView } from '../../projections/queries/records/alerts.ts';
import type { ApiContext } from '../context.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import {
  AlertRuleSchema,
  AlertSchema,
  alertResource,
  alertRuleResource,
  NotificationSchema,
  notificationResource,
  ReceiverTestSchema,
} from '../resources/alerts.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { jobNamesOf, PagesQuery, pageQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import { etagOf, underIfMatch } from '../responses/response.ts';
import { defineRoute, type Route } from '../route.ts';
import { CommandBody, NameParams, PathId } from '../validate.ts';

export const alertRuleRoutes = (deps: ApiContext): Route[] => [
  ...readRoutes(deps),
  ...changeRoutes(deps),
  testRoute(deps),
  listRoute(deps),
];

const found = <T>(rule: T | undefined, name: string): T => {
  if (rule === undefined) throw new DomainError('ALERT_RULE_NOT_FOUND', `there is no alert rule ${name}`);
  return rule;
};

const readRoutes = ({ queries }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/alert-rules',
    operationId: 'listAlertRules',
    summary: "Lists the tenant's alert rules, by name",
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    ofOneTenant: true,
    query: PagesQuery,
    result: z.array(AlertRuleSchema),
    answers: { 200: 'A page of alert rules' },
    handle: async ({ query, link, scope }) => {
      const page = await queries.listAlertRules(scope, toPageRequest(query));
      return pageResponse(page, link, ({ rule }: AlertRuleView) => alertRuleResource(rule));
    },
  }),
  defineRoute({
    method: 'get',
    path: '/alert-rules/:name',
    operationId: 'getAlertRule',
    summary: 'Shows an alert rule',
    permission: 'scheduler:jobs:read',
    bound: 'alertRule',
    ofOneTenant: true,
    params: NameParams,
    result: AlertRuleSchema,
    answers: { 200: 'The alert rule' },
    handle: async ({ params: { name }, scope }) => {
      const { rule, revision } = found(await queries.getAlertRule(scope, name), name);
      return { status: 200, headers: { ETag: etagOf(revision) }, body: alertRuleResource(rule) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/alert-rules/:name/notifications',
    operationId: 'listAlertNotifications',
    summary: 'Lists the pending notifications of a rule and the last ten, newest first',
    permission: 'scheduler:jobs:read',
    bound: 'alertRule',
    ofOneTenant: true,
    params: NameParams,
    result: z.array(NotificationSchema),
    answers: { 200: 'The notifications, with the status of each delivery' },
    handle: async ({ params: { name }, scope }) => {
      found(await queries.getAlertRule(scope, name), name);
      const notifications = await queries.listNotifications(scope, name);
      const names = await jobNamesOf(queries, scope, { items: notifications.flatMap(({ alerts }) => alerts) });
      return { status: 200, body: notifications.map((each) => notificationResource(each, names)) };
    },
  }),
];

const changeRoutes = ({ commands }: ApiContext): Route[] => [
  defineRoute({
    method: 'put',
    path: '/alert-rules/:name',
    operationId: 'setAlertRule',
    summary:
      'Sets an alert rule, which notifies receivers when a condition of a job, an application or all jobs begins and ends',
    permission: 'scheduler:jobs:write',
    bound: 'alertRuleToSet',
    params: NameParams,
    body: CommandBody,
    accepts: SetAlertRule,
    example: EXAMPLES.setAlertRule,
    conditional: true,
    result: AlertRuleSchema,
    answers: { 200: 'The alert rule after the change' },
    handle: async ({ context, params: { name }, body, ifMatch }) => {
      const done = await underIfMatch(ifMatch, (precondition) =>
        commands.setAlertRule(context, name, body, precondition),
      );
      const headers = { ETag: etagOf(done.revision) };
      return respondToCommand(done, { status: 200, headers, body: alertRuleResource(done.value) });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/alert-rules/:name',
    operationId: 'deleteAlertRule',
    summary: 'Deletes an alert rule; its alerts end without notification',
    permission: 'scheduler:jobs:write',
    bound: 'alertRule',
    params: NameParams,
    conditional: true,
    answers: { 204: 'The alert rule is deleted' },
    handle: async ({ context, params: { name }, ifMatch }) => {
      const done = await underIfMatch(ifMatch, (precondition) => commands.deleteAlertRule(context, name, precondition));
      return respondToCommand(done, { status: 204 });
    },
  }),
];

const testRoute = ({ alertRule, testAlertRule, quotas }: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/alert-rules/:name/test',
    operationId: 'testAlertRule',
    summary: 'Sends a test to each receiver of an alert rule, and shows their responses',
    permission: 'scheduler:jobs:write',
    bound: 'alertRule',
    ofOneTenant: true,
    params: NameParams,
    changesNothing: true,
    result: z.array(ReceiverTestSchema),
    answers: { 200: 'The response of each receiver' },
    handle: async ({ context: { tenant }, params: { name } }) => {
      const rule = found(await alertRule(tenant, name), name);
      quotas.countRuleTest(tenant, name);
      quotas.countTrigger(tenant);
      return { status: 200, body: await testAlertRule(rule) };
    },
  });

const AlertsQuery = z.strictObject({
  rule: z.string().min(1).max(64).exactOptional(),
  jobId: PathId.exactOptional(),
  applicationId: PathId.exactOptional(),
  ...pageQuery,
});

const listRoute = ({ queries }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/alerts',
    operationId: 'listAlerts',
    summary: 'Lists the active alerts by rule and job, with the status of their notifications',
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    ofOneTenant: true,
    query: AlertsQuery,
    result: z.array(AlertSchema),
    answers: { 200: 'A page of alerts' },
    handle: async ({ query: { limit, cursor, ...filter }, link, scope }) => {
      const page = await queries.listAlerts(scope, filter, toPageRequest({ limit, cursor }));
      const names = await jobNamesOf(queries, scope, page);
      return pageResponse(page, link, (alert) => alertResource(alert, names));
    },
  });
