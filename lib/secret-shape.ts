import { Secret } from './secret.ts'
import { instance, kind } from './shape.ts'

/** What stands in the place of a secret may be the secret itself: no message quotes it. */
export const SECRET = instance(Secret, "Secret.fromEnv('NAME')", kind)
