export {
  checkTemplates,
  type KnownNames,
  NO_NAMES,
  namesSecrets,
  namesValues,
  secretNames,
  secretNamesOfAuth,
  secretPlaces,
  type TargetParts,
  type TemplateCheck,
} from './check.ts';
export { ParameterRejected } from './rejected.ts';
export { type ParameterContext, type ResolvedParameter, resolveTemplate } from './resolve.ts';
export {
  type ClearAuth,
  type ClearClient,
  type ClearTask,
  type ResolvedTask,
  resolveTask,
} from './task.ts';
export { parseTemplate } from './template.ts';
