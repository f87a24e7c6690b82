import { keysStream } from '../../../src/domain/streams.ts';
import type { KeyDeed, Run } from '../simulate.ts';

/**
 * A data key goes only after the log said so, and is gone where that was acknowledged; a rotation finds the one that
 * is there.
 */
export const checkKeys = ({ events, keys, acknowledged, epochMs }: Run): string[] => [
  ...keys.flatMap(({ deed, stream, atMs }) => {
    const isSaid = events.some(
      ({ type, data, recordedAt }) =>
        type === 'SecretsErased' &&
        keysStream(data.applicationId, data.generation) === stream &&
        recordedAt <= epochMs + atMs,
    );
    return deed === 'wrapped' || isSaid ? [] : [`${stream} was deleted, and the log had not said so`];
  }),
  ...acknowledged.flatMap(({ command, generation, keys: found, atMs }) => {
    if (command.ask.kind !== 'application') return [];
    const { what } = command.ask;
    const gone = keys.some(
      (key) => key.deed === 'deleted' && key.atMs <= atMs && key.stream.endsWith(`-${generation}`),
    );
    const there = keys.filter((key) => isThroughout(keys, key, { fromMs: command.atMs, untilMs: atMs }));
    return [
      ...(what === 'erase' && generation !== undefined && !gone ? [`key ${generation} is there, and was erased`] : []),
      ...(what === 'rotate' && found === 0 && there.length > 0 ? [`a rotation passed over ${there[0]?.stream}`] : []),
    ];
  }),
];

type Span = { readonly fromMs: number; readonly untilMs: number };

const isThroughout = (keys: readonly KeyDeed[], { deed, stream, atMs }: KeyDeed, { fromMs, untilMs }: Span): boolean =>
  deed === 'wrapped' &&
  atMs < fromMs &&
  !keys.some((other) => other.deed === 'deleted' && other.stream === stream && other.atMs <= untilMs);
