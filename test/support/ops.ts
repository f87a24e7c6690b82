import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const folder = path.join(import.meta.dirname, '../../ops');
export const RULES_FILE = path.join(folder, 'prometheus/alerts.yml');
export const RULES_TEST_FILE = path.join(folder, 'prometheus/alerts.test.yml');

const Rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
          annotations: z.strictObject({ summary: z.string().min(1), action: z.string().min(1) }),
        }),
      ),
    }),
  ),
});

/** The alerts with their severities and remedies. */
export const alerts = Rules.parse(parse(readFileSync(RULES_FILE, 'utf8'))).groups.flatMap(({ rules }) => rules);

const RulesTest = z.object({
  tests: z.array(
    z.object({
      promql_expr_test: z.array(z.object({ exp_samples: z.array(z.object({ labels: z.string() })) })),
    }),
  ),
});

/** The alerts that fire in some scenario of the rules' test. */
export const alertsThatFire = new Set(
  RulesTest.parse(parse(readFileSync(RULES_TEST_FILE, 'utf8')))
    .tests.flatMap(({ promql_expr_test: looks }) => looks.flatMap(({ exp_samples: samples }) => samples))
    .map(({ labels }) => /alertname="(\w+)"/.exec(labels)?.[1]),
);

const Dashboard = z.object({
  templating: z.object({ list: z.array(z.object({ name: z.string() })) }),
  panels: z.array(
    z.object({
      id: z.int(),
      title: z.string(),
      type: z.enum(['row', 'timeseries']),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      targets: z.array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string().min(1) })).default([]),
    }),
  ),
});

/** The dashboard of Grafana. */
export const dashboard = Dashboard.parse(JSON.parse(readFileSync(path.join(folder, 'grafana/carillon.json'), 'utf8')));

export type OpsQuery = { readonly of: string; readonly expr: string };

/** Every query of the dashboard, as Grafana sends it for all processes. */
export const dashboardQueries: readonly OpsQuery[] = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => ({
    of: title,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
  })),
);

/** Every query of the dashboard and of the alerts. */
export const opsQueries: readonly OpsQuery[] = [
  ...dashboardQueries,
  ...alerts.map(({ alert, expr }) => ({ of: alert, expr })),
];

export type Matcher = { readonly label: string; readonly operator: string; readonly value: string };
export type Selector = { readonly metric: string; readonly matchers: readonly Matcher[] };

const SELECTOR = /\b((?:carillon|process|nodejs)_\w+)(?:\{([^}]*)\})?/g;
const MATCHER = /(\w+)(=~|!~|!=|=)"([^"]*)"/g;

/** The series of a query. */
export const selectorsIn = (expr: string): Selector[] =>
  [...expr.matchAll(SELECTOR)].map(([, metric = '', inBraces = '']) => ({
    metric,
    matchers: [...inBraces.matchAll(MATCHER)].map(([, label = '', operator = '', value = '']) => ({
      label,
      operator,
      value,
    })),
  }));

/** The labels that a query groups by. */
export const groupedBy = (expr: string): string[] =>
  [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(',').map((label) => label.trim()));
