// Commands that are carried out for an erased tenant too: they end what is left of it, or concern no tenant's things.
export { releaseEngines, startEngine } from './engine.ts';
export { completeExecution, heartbeatExecution } from './execution/callback.ts';
export { endSession } from './session.ts';
export { eraseTenant } from './tenant.ts';
