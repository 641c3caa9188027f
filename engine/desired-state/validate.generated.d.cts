import type { ValidateFunction } from 'ajv'

/** Whether a value fits desired-state.schema.json. Fills in the schema's defaults, in place. */
declare const validate: ValidateFunction
export = validate
