import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ROLES } from '../../../src/compose.ts';
import { Settings } from '../../../src/config/settings.ts';
import { loadConfig } from '../../../src/config.ts';
import { baseFiles, build, overlays } from '../../support/kubernetes.ts';

/** What the user's Secret holds, by docs/how-to/deploy.md. */
const SECRETS: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://carillon:a1b2c3@postgres:5432/carillon',
  JWT_SECRET: 'x'.repeat(48),
  SECRET_KEYS: `first:${Buffer.alloc(32).toString('base64')}`,
  AUDIT_KEY: Buffer.alloc(32, 9).toString('base64'),
};
const EVENTSTORE = { EVENTSTORE_URL: 'esdb://carillon:a1b2c3@eventstoredb:2113' };
const CASES = {
  postgres: { roles: ROLES.filter((role) => role !== 'publisher'), secrets: SECRETS },
  'eventstoredb-kafka': { roles: ROLES, secrets: { ...SECRETS, ...EVENTSTORE } },
};
const DATA = '/var/lib/carillon';

describe('ops/kubernetes', () => {
  it('has the two cases, and no file that is not applied', () => {
    expect(overlays).to.have.members(Object.keys(CASES));
    expect(baseFiles.named).to.have.members(baseFiles.there);
  });

  for (const [name, { roles, secrets }] of Object.entries(CASES)) {
    describe(name, () => {
      const { manifests, settings, images, namespace } = build(name);
      const deployments = manifests.flatMap((each) => (each.kind === 'Deployment' ? [each] : []));
      const containers = deployments.flatMap(({ spec }) => spec.template.spec.containers);

      it('has a deployment for each role, with a budget for disruptions', () => {
        expect(containers.map(({ args }) => args.join(' '))).to.have.members(
          roles.map((role) => `start --role ${role}`),
        );
        for (const role of roles) {
          const [deployment] = deployments.filter(({ metadata }) => metadata.name === `carillon-${role}`);
          const labels = { 'app.kubernetes.io/name': 'carillon', 'app.kubernetes.io/component': role };
          expect(deployment?.spec.template.spec.containers[0].args).to.deep.equal(['start', '--role', role]);
          expect(deployment?.spec.selector.matchLabels).to.deep.equal(labels);
          expect(deployment?.spec.template.metadata.labels).to.deep.equal(labels);
          const spread = deployment?.spec.template.spec.topologySpreadConstraints;
          expect(spread?.map(({ labelSelector }) => labelSelector.matchLabels)).to.deep.equal([labels]);
          const budgets = manifests.flatMap((each) => (each.kind === 'PodDisruptionBudget' ? [each] : []));
          const [budget] = budgets.filter(({ metadata }) => metadata.name === `carillon-${role}`);
          expect(budget?.spec).to.deep.equal({ maxUnavailable: 1, selector: { matchLabels: labels } });
          expect(deployment?.spec.replicas, 'one may go, another is there').to.be.above(1);
        }
      });

      it('has liveness and readiness probes, and time to stop', () => {
        for (const { spec } of deployments) {
          const [container] = spec.template.spec.containers;
          const paths = [container.startupProbe, container.livenessProbe, container.readinessProbe].map(
            ({ httpGet }) => [httpGet.path, httpGet.port],
          );
          expect(paths).to.deep.equal([
            ['/healthz', 'http'],
            ['/healthz', 'http'],
            ['/readyz', 'http'],
          ]);
          const beforeStopS = container.lifecycle?.preStop.sleep.seconds ?? 0;
          expect(spec.template.spec.terminationGracePeriodSeconds - beforeStopS).to.be.at.least(30);
          expect(spec.strategy.rollingUpdate.maxUnavailable, 'a new one is ready first').to.equal(0);
        }
      });

      it('lets no one be root or write anywhere but to memory', () => {
        for (const { spec } of deployments) {
          const pod = spec.template.spec;
          expect(pod.securityContext).to.include({ runAsNonRoot: true, runAsUser: 1_000, runAsGroup: 1_000 });
          expect(pod.automountServiceAccountToken).to.equal(false);
          expect(pod.volumes.map(({ name: volume, emptyDir }) => [volume, emptyDir.medium])).to.deep.equal([
            ['data', 'Memory'],
          ]);
          for (const { securityContext, volumeMounts } of pod.containers) {
            expect(securityContext).to.deep.equal({
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            });
            expect(volumeMounts).to.deep.equal([{ name: 'data', mountPath: DATA }]);
          }
        }
        const image = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8');
        expect(image).to.contain(`CARILLON_DATA=${DATA}`).and.to.contain('USER 1000:1000');
      });

      it('gives every role the same settings, and these pass with the Secret of the user', () => {
        for (const { envFrom } of containers) {
          expect(envFrom).to.deep.equal([
            { configMapRef: { name: 'carillon-settings' } },
            { secretRef: { name: 'carillon-secrets' } },
          ]);
        }
        expect(Object.keys(Settings.shape)).to.include.members(Object.keys(settings));
        const config = loadConfig({ ...settings, ...secrets });
        expect(config.mode).to.equal('production');
        expect(config.http.publicUrl).to.equal('https://jobs.example.com');
        expect([config.eventStore.url !== undefined, config.kafka !== undefined]).to.deep.equal(
          name === 'postgres' ? [false, false] : [true, true],
        );
        for (const { ports } of containers) {
          expect(ports.map(({ containerPort }) => containerPort)).to.deep.equal([3_000, config.http.metricsPort]);
        }
      });

      it('keeps secrets out of what is applied', () => {
        expect(Object.keys(settings).filter((setting) => /SECRET|PASSWORD|DATABASE_URL|EVENTSTORE_URL/.test(setting)))
          .to.be.empty;
      });

      it('sends requests to the API alone', () => {
        const services = manifests.flatMap((each) => (each.kind === 'Service' ? [each] : []));
        expect(services.map(({ spec }) => spec.selector)).to.deep.equal([
          { 'app.kubernetes.io/name': 'carillon', 'app.kubernetes.io/component': 'api' },
        ]);
        expect(services[0]?.spec.ports.map(({ targetPort }) => targetPort)).to.deep.equal(['http']);
      });

      it('names the image by a tag, in a namespace', () => {
        expect(images?.map(({ name: from }) => from)).to.deep.equal(['carillon']);
        expect(images?.[0]?.newTag).to.match(/^\d+\.\d+\.\d+$/);
        expect(containers.every(({ image }) => image === 'carillon')).to.equal(true);
        expect(namespace).to.equal('carillon');
      });
    });
  }
});
