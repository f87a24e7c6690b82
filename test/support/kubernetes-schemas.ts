import { z } from 'zod';

/**
 * The parts of Kubernetes' API that ops/kubernetes uses, and nothing else: a field that is misspelt, or not listed here
 * yet, does not pass. Field names and kinds follow the API reference of apps/v1, policy/v1 and v1, and that of Kustomize.
 */
const Name = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
const Labels = z.record(z.string(), z.string());
const Selector = z.strictObject({ matchLabels: Labels });
const Metadata = z.strictObject({ name: Name, labels: Labels.optional() });
const Quantity = z.string().regex(/^\d+(\.\d+)?(m|Ki|Mi|Gi)?$/);
const Seconds = z.int().min(1);
const Resources = z.strictObject({ cpu: Quantity, memory: Quantity });
const Probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string().startsWith('/'), port: z.union([Name, z.int()]) }),
  periodSeconds: Seconds,
  timeoutSeconds: Seconds,
  failureThreshold: z.int().min(1),
});

const Container = z.strictObject({
  name: Name,
  image: z.string(),
  args: z.array(z.string()),
  ports: z.array(z.strictObject({ name: Name, containerPort: z.int().min(1).max(65_535) })),
  envFrom: z.array(
    z.union([
      z.strictObject({ configMapRef: z.strictObject({ name: Name }) }),
      z.strictObject({ secretRef: z.strictObject({ name: Name }) }),
    ]),
  ),
  lifecycle: z.strictObject({ preStop: z.strictObject({ sleep: z.strictObject({ seconds: Seconds }) }) }).optional(),
  startupProbe: Probe,
  livenessProbe: Probe,
  readinessProbe: Probe,
  resources: z.strictObject({ requests: Resources, limits: Resources }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    capabilities: z.strictObject({ drop: z.array(z.string()) }),
  }),
  volumeMounts: z.array(z.strictObject({ name: Name, mountPath: z.string().startsWith('/') })),
});

const Pod = z.strictObject({
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  terminationGracePeriodSeconds: Seconds,
  securityContext: z.strictObject({
    runAsNonRoot: z.boolean(),
    runAsUser: z.int(),
    runAsGroup: z.int(),
    fsGroup: z.int(),
    seccompProfile: z.strictObject({ type: z.enum(['RuntimeDefault', 'Localhost', 'Unconfined']) }),
  }),
  topologySpreadConstraints: z.array(
    z.strictObject({
      maxSkew: z.int().min(1),
      topologyKey: z.string(),
      whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
      labelSelector: Selector,
    }),
  ),
  containers: z.tuple([Container]),
  volumes: z.array(
    z.strictObject({ name: Name, emptyDir: z.strictObject({ medium: z.literal('Memory'), sizeLimit: Quantity }) }),
  ),
});

const RolledOut = z.union([z.int(), z.string().regex(/^\d+%$/)]);
export const Deployment = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata: Metadata,
  spec: z.strictObject({
    replicas: z.int().min(0),
    strategy: z.strictObject({
      type: z.literal('RollingUpdate'),
      rollingUpdate: z.strictObject({ maxSurge: RolledOut, maxUnavailable: RolledOut }),
    }),
    selector: Selector,
    template: z.strictObject({ metadata: z.strictObject({ labels: Labels }), spec: Pod }),
  }),
});

export const DisruptionBudget = z.strictObject({
  apiVersion: z.literal('policy/v1'),
  kind: z.literal('PodDisruptionBudget'),
  metadata: Metadata,
  spec: z.strictObject({ maxUnavailable: RolledOut, selector: Selector }),
});

export const Service = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata: Metadata,
  spec: z.strictObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
    selector: Labels,
    ports: z.array(z.strictObject({ name: Name, port: z.int(), targetPort: z.union([Name, z.int()]) })),
  }),
});

export const Manifest = z.discriminatedUnion('kind', [Deployment, DisruptionBudget, Service]);
export type Manifest = z.infer<typeof Manifest>;

export const Kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  namespace: Name.optional(),
  resources: z.array(z.string()),
  configMapGenerator: z
    .array(
      z.strictObject({
        name: Name,
        behavior: z.enum(['create', 'merge', 'replace']).optional(),
        literals: z.array(z.string().regex(/^\w+=/)),
      }),
    )
    .optional(),
  images: z.array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() })).optional(),
  patches: z.array(z.strictObject({ patch: z.string() })).optional(),
});

export type Kustomization = z.infer<typeof Kustomization>;

/** The only kind of patch in use: it removes a whole resource. */
export const Removal = z.strictObject({
  apiVersion: z.string(),
  kind: z.enum(['Deployment', 'PodDisruptionBudget']),
  metadata: z.strictObject({ name: Name }),
  $patch: z.literal('delete'),
});
