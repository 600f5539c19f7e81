from unfold.sites import UnfoldAdminSite


class AdvisorSite(UnfoldAdminSite):
    """Where advisors and operations work."""
