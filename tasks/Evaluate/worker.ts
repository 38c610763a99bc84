import { serve } from './confidence/serve';

serve();
