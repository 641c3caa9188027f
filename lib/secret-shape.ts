import { Secret } from './secret.ts'
import { instance, unquoted } from './shape.ts'

export const SECRET = unquoted(instance(Secret, "Secret.fromEnv('NAME')"))
