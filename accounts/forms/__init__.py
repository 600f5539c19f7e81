"""What people send about themselves, told kindly when it can't be so."""

from accounts.forms.contact import FORMS as FORMS
from accounts.forms.contact import TrustedForm as TrustedForm
from accounts.forms.documents import DocumentForm as DocumentForm
from accounts.forms.message import MessageForm as MessageForm
from accounts.forms.settings import NotificationsForm as NotificationsForm
from accounts.forms.settings import PreferencesForm as PreferencesForm
