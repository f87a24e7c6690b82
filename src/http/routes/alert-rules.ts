import { z } from 'zod';
import { SetAlertRule } from '../../commands/alert-rule/alert-rule-input.ts';
import { ALERT_RULES, loadDocument } from '../../commands/loop/documents.ts';
import type { AlertRuleView } from '../../projections/queries/records/alerts.ts';
import type { ApiContext } from '../context.ts';
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
import { jobNamesOf, pageQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import { etagOf } from '../responses/response.ts';
import { defineRoute, type Route } from '../route.ts';
import { PathId } from '../validate.ts';
import { found, listRoute, noContent } from './shapes.ts';

export const alertRuleRoutes = (deps: ApiContext): Route[] => [
  ...readRoutes(deps),
  ...changeRoutes(deps),
  testRoute(deps),
  alertsRoute(deps),
];

const foundRule = <T>(rule: T | undefined, name: string): T =>
  found(rule, 'ALERT_RULE_NOT_FOUND', `alert rule ${name}`);

const readRoutes = ({ queries }: ApiContext): Route[] => [
  listRoute({
    path: '/alert-rules',
    operationId: 'listAlertRules',
    summary: "Lists the tenant's alert rules, by name",
    permission: 'scheduler:jobs:read',
    bound: 'narrowed',
    ofOneTenant: true,
    items: AlertRuleSchema,
    responses: { 200: 'A page of alert rules' },
    page: queries.listAlertRules,
    show: ({ rule }: AlertRuleView) => alertRuleResource(rule),
  }),
  defineRoute({
    method: 'get',
    path: '/alert-rules/:name',
    operationId: 'getAlertRule',
    summary: 'Shows an alert rule',
    permission: 'scheduler:jobs:read',
    bound: 'alertRule',
    ofOneTenant: true,
    result: AlertRuleSchema,
    responses: { 200: 'The alert rule' },
    handle: async ({ params: { name }, scope }) => {
      const { rule, revision } = foundRule(await queries.getAlertRule(scope, name), name);
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
    result: z.array(NotificationSchema),
    responses: { 200: 'The notifications, with the status of each delivery' },
    handle: async ({ params: { name }, scope }) => {
      foundRule(await queries.getAlertRule(scope, name), name);
      const notifications = await queries.listNotifications(scope, name);
      const names = await jobNamesOf(
        queries,
        scope,
        notifications.flatMap(({ alerts }) => alerts),
      );
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
    accepts: SetAlertRule,
    conditional: true,
    result: AlertRuleSchema,
    responses: { 200: 'The alert rule after the change' },
    handle: async ({ context, params: { name }, body, precondition }) => {
      const done = await commands.setAlertRule(context, name, body, precondition);
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
    conditional: true,
    responses: { 204: 'The alert rule is deleted' },
    handle: async ({ context, params: { name }, precondition }) =>
      noContent(await commands.deleteAlertRule(context, name, precondition)),
  }),
];

const testRoute = ({ store, testAlertRule, quotas }: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/alert-rules/:name/test',
    operationId: 'testAlertRule',
    summary: 'Sends a test to each receiver of an alert rule, and shows their responses',
    permission: 'scheduler:jobs:write',
    bound: 'alertRule',
    ofOneTenant: true,
    changesNothing: true,
    result: z.array(ReceiverTestSchema),
    responses: { 200: 'The response of each receiver' },
    handle: async ({ context: { tenant }, params: { name } }) => {
      const { state } = await loadDocument(store, ALERT_RULES, tenant, name);
      const rule = foundRule(state, name);
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

const alertsRoute = ({ queries }: ApiContext): Route =>
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
    responses: { 200: 'A page of alerts' },
    handle: async ({ query: { limit, cursor, ...filter }, link, scope }) => {
      const page = await queries.listAlerts(scope, filter, toPageRequest({ limit, cursor }));
      const names = await jobNamesOf(queries, scope, page.items);
      return pageResponse(page, link, (alert) => alertResource(alert, names));
    },
  });
