// Commands that nobody is refused: a target reports, somebody signs out, an engine starts, a tenant is erased.
export { releaseEngines } from './engines/release-engines.ts';
export { startEngine } from './engines/start-engine.ts';
export { completeExecution } from './executions/complete-execution.ts';
export { heartbeatExecution } from './executions/heartbeat-execution.ts';
export { endSession } from './sessions/end-sessions.ts';
export { eraseTenant } from './tenants/erase-tenant.ts';
