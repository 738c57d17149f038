<?php
/**
 * The user's own page: what stands, and a box to change it.
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

/**
 * Nobody changes the consent of another user here, the administrator neither.
 */
class Izin_Profile {

	/**
	 * Hooks.
	 */
	public static function hooks() {
		add_action( 'show_user_profile', array( __CLASS__, 'show' ) );
		add_action( 'personal_options_update', array( __CLASS__, 'save' ) );
	}

	/**
	 * Draws the box.
	 *
	 * @param WP_User $user Whose page.
	 */
	public static function show( $user ) {
		if ( ! Izin_Settings::complete() || ! in_array( 'EPOSTA', Izin_Settings::get( 'channels' ), true ) ) {
			return;
		}
		wp_nonce_field( 'izin_profile', 'izin_profile' );
		$claimed = Izin_Feed::is_claimed( $user );
		$word    = $claimed ? '' : Izin_Store::last_word( 'EPOSTA', $user->user_email );
		printf(
			'<h2>%1$s</h2><table class="form-table" role="presentation"><tr><th scope="row">%2$s</th><td><label for="izin-eposta"><input type="checkbox" name="izin_eposta" id="izin-eposta" value="1" %3$s> %4$s</label><input type="hidden" name="izin_shown" value="%5$s"><p class="description">%6$s</p></td></tr></table>',
			esc_html__( 'Consent', 'izin' ),
			esc_html__( 'E-mail', 'izin' ),
			checked( 'ONAY', $word, false ),
			esc_html( Izin_Settings::get( 'wording_EPOSTA' ) ),
			esc_attr( 'ONAY' === $word ? '1' : '0' ),
			$claimed ? esc_html__( 'Nothing proves yet that this address is yours. Choose a new password by “Lost your password?”: then the box shows whether you have consented.', 'izin' ) : esc_html__( 'Untick and save to refuse. It takes effect at once.', 'izin' )
		);
	}

	/**
	 * Saves a change. A refusal goes to İzin at once.
	 *
	 * @param int $user Whose page.
	 */
	public static function save( $user ) {
		if ( get_current_user_id() !== (int) $user || ! isset( $_POST['izin_profile'], $_POST['izin_shown'] ) || ! wp_verify_nonce( sanitize_key( $_POST['izin_profile'] ), 'izin_profile' ) ) {
			return;
		}
		$person = get_userdata( $user );
		$wanted = ! empty( $_POST['izin_eposta'] );
		// Only a box that the person changed is a word: a page from before a refusal must not undo it.
		if ( ( '1' === $_POST['izin_shown'] ) === $wanted ) {
			return;
		}
		if ( ! $wanted && ! Izin_Feed::is_claimed( $person ) ) {
			Izin_Queue::refuse_now( 'EPOSTA', $person->user_email, 'wordpress-profile' );
		} elseif ( $wanted ) {
			Izin_Confirm::ask( $person->user_email, 'wordpress-profile', admin_url( 'profile.php' ) );
		}
	}
}
