import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { Kustomization, Manifest, Removal } from './kubernetes-schemas.ts';

const folder = path.join(import.meta.dirname, '../../ops/kubernetes');
const BASE = '../base';

/** The folders that can be applied. */
export const overlays = readdirSync(folder).filter((name) => name !== 'base');

const kustomizationIn = (name: string): Kustomization =>
  Kustomization.parse(parse(readFileSync(path.join(folder, name, 'kustomization.yaml'), 'utf8')));

const manifestsIn = (file: string): Manifest[] =>
  parseAllDocuments(readFileSync(path.join(folder, 'base', file), 'utf8')).map((document) =>
    Manifest.parse(document.toJS()),
  );

/** The files of the base, and those that its kustomization names. */
export const baseFiles = {
  there: readdirSync(path.join(folder, 'base')).filter((file) => file !== 'kustomization.yaml'),
  named: kustomizationIn('base').resources,
};

export type Built = {
  readonly namespace: string | undefined;
  readonly manifests: readonly Manifest[];
  readonly settings: Readonly<Record<string, string>>;
  readonly images: Kustomization['images'];
};

/** What Kustomize would make of a folder, as far as these files use it. */
export const build = (name: string): Built => {
  const overlay = kustomizationIn(name);
  if (overlay.resources.join() !== BASE) throw new Error(`${name} stands on ${overlay.resources}`);
  const base = kustomizationIn('base');
  const removed = (overlay.patches ?? []).map(({ patch }) => Removal.parse(parse(patch)));
  const isRemoved = ({ apiVersion, kind, metadata }: Manifest): boolean =>
    removed.some(
      (each) => each.apiVersion === apiVersion && each.kind === kind && each.metadata.name === metadata.name,
    );
  const all = base.resources.flatMap(manifestsIn);
  if (all.filter(isRemoved).length !== removed.length) throw new Error(`${name} removes what is not there`);
  return {
    namespace: overlay.namespace,
    manifests: all.filter((manifest) => !isRemoved(manifest)),
    settings: { ...settingsOf(base), ...settingsOf(overlay) },
    images: overlay.images,
  };
};

const settingsOf = ({ configMapGenerator = [] }: Kustomization): Record<string, string> =>
  Object.fromEntries(
    configMapGenerator.flatMap(({ literals }) =>
      literals.map((literal) => {
        const [name = '', ...value] = literal.split('=');
        return [name, value.join('=')];
      }),
    ),
  );
