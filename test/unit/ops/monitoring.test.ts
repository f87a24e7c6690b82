import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { documentedMetrics } from '../../support/metrics-table.ts';
import {
  alerts,
  alertsThatFire,
  dashboard,
  dashboardQueries,
  groupedBy,
  opsQueries,
  RULES_FILE,
  RULES_TEST_FILE,
  selectorsIn,
} from '../../support/ops.ts';
import { describePromtool, promtool } from '../../support/promtool.ts';

const SUFFIX = /_(?:bucket|sum|count)$/;
/** What Prometheus itself adds. */
const ADDED = ['instance', 'job', 'le'];
const known = new Map(documentedMetrics().map((metric) => [metric.name, metric]));
const metricOf = (name: string) => known.get(name) ?? known.get(name.replace(SUFFIX, ''));

describe('the queries in ops/', () => {
  it('use metrics and labels of docs/reference/metrics.md', () => {
    for (const { of, expr } of opsQueries) {
      const selectors = selectorsIn(expr);
      if (of !== 'CarillonDown') expect(selectors, of).to.not.be.empty;
      const labels = new Set(ADDED);
      for (const { metric, matchers } of selectors) {
        const documented = metricOf(metric);
        expect(documented, `${of}: ${metric}`).to.not.equal(undefined);
        for (const label of documented?.labels ?? []) labels.add(label);
        for (const { label } of matchers) {
          expect([...ADDED, ...(documented?.labels ?? [])], `${of}: ${metric}{${label}}`).to.include(label);
        }
      }
      expect([...labels], of).to.include.members(groupedBy(expr));
    }
  });

  it('show every metric of ours on the dashboard', () => {
    const shown = new Set(
      dashboardQueries.flatMap(({ expr }) => selectorsIn(expr).map(({ metric }) => metricOf(metric)?.name)),
    );
    expect([...known.keys()].filter((name) => !shown.has(name))).to.deep.equal([]);
  });
});

describe('the dashboard', () => {
  const boxes = dashboard.panels.map(({ id, title, gridPos: { x, y, w, h } }) => ({ id, title, x, y, w, h }));

  it('has panels that do not overlap, each with a unique id', () => {
    expect(new Set(boxes.map(({ id }) => id)).size).to.equal(boxes.length);
    for (const one of boxes) {
      expect(one.x + one.w, one.title).to.be.at.most(24);
      const under = boxes.filter(
        (other) =>
          other.id !== one.id &&
          other.x < one.x + one.w &&
          one.x < other.x + other.w &&
          other.y < one.y + one.h &&
          one.y < other.y + other.h,
      );
      expect(under, one.title).to.deep.equal([]);
    }
  });

  it('names no variable that it does not define', () => {
    const defined = [...dashboard.templating.list.map(({ name }) => name), '__rate_interval'];
    const used = JSON.stringify(dashboard.panels).matchAll(/\$\{?(\w+)/g);
    for (const [, name] of used) expect(defined).to.include(name);
  });
});

describe('the alerts', () => {
  it('each fire in a scenario of alerts.test.yml', () => {
    expect([...alertsThatFire]).to.have.members(alerts.map(({ alert }) => alert));
  });
});

describePromtool('ops/, by promtool', () => {
  it('has rules that Prometheus accepts', async () => {
    expect(await promtool(['check', 'rules', RULES_FILE])).to.include({ code: 0 });
  });

  it('has alerts that fire when they should, and only then', async () => {
    const { code, said } = await promtool(['test', 'rules', RULES_TEST_FILE]);
    expect(code, said).to.equal(0);
  });

  it('has a dashboard whose queries Prometheus accepts', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'carillon-dashboard-'));
    try {
      const rules = dashboardQueries.map(({ expr }, index) => ({ record: `dashboard:query:${index}`, expr }));
      const file = path.join(dir, 'queries.yml');
      await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      const { code, said } = await promtool(['check', 'rules', file]);
      expect(code, said).to.equal(0);
      expect(said).to.include(`${rules.length} rules found`);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
